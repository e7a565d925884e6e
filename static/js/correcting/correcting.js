// Corrections of a stored answer: items are edited, deleted, added, confirmed; the server stores them.
// Loaded with the first stored answer.

import { RequestFailed, call } from "../core/api.js";
import { button, el } from "../core/dom.js";
import { announce, errorBox } from "../core/feedback.js";
import { stringsOf } from "../core/rows.js";
import { t } from "../core/wording.js";
import { ChangeList } from "./change-list.js";
import { ItemForm } from "./item-form.js";
import { RowTools } from "./row-tools.js";

/** @import {KnowledgeTable} from "../answer/table.js" */
/** @import {KeptTurn, Row} from "../types" */

const FIELDS = {
  KE1: ["head", "relation", "tail"],
  KE2: ["class", "text"],
  KE3: ["entity", "key", "value"],
};

const { pathname } = new URL("../../css/correcting.css", import.meta.url);
document.head.append(el("link", { rel: "stylesheet", href: pathname }));

export class Correcting {
  #tools;
  /** Changes are sent one after the other: each names the item as it is at that moment. */
  #sending = false;
  #said = el("div");
  #changes;
  /** @type {ItemForm | null} */
  #form = null;
  /** What the row of the form says; null for a new item. @type {string[] | null} */
  #formed = null;
  #turn;
  #task;
  /** The fields of an item. @type {string[]} */
  #names;
  #table;
  #source;
  #take;

  /**
   * @param {{conversation: string, number: number}} turn
   * @param {string} task
   * @param {KnowledgeTable} table
   * @param {HTMLElement} source the text, of which pieces can be selected
   * @param {any[]} made the corrections until now
   * @param {(kept: KeptTurn) => void} take shows the corrected answer
   */
  constructor(turn, task, table, source, made, take) {
    this.#turn = turn;
    this.#task = task;
    this.#table = table;
    this.#source = source;
    this.#take = take;
    this.adder = button(
      t("page.correct.add"),
      "quiet-button",
      () => this.#open(null, this.#selected()),
      t("page.correct.add.title"),
    );
    this.#tools = new RowTools(table, {
      confirm: () => this.#send("confirm", this.#tools.row),
      edit: () => this.#edit(),
      delete: () => this.#send("delete", this.#tools.row),
    });
    table.table.addEventListener("keydown", (event) => this.#key(event));
    source.addEventListener("pointerup", () => setTimeout(() => this.#pick()));
    this.#names = FIELDS[/** @type {keyof typeof FIELDS} */ (task)];
    this.#changes = new ChangeList(this.#names, () => this.#undo());
    this.#changes.show(made);
    table.element.after(this.#said, this.#changes.element);
  }

  get #address() {
    const { conversation, number } = this.#turn;
    return `/conversations/${conversation}/turns/${number}/corrections`;
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const target = /** @type {HTMLElement} */ (event.target);
    if (!target.matches("tr[data-row]") || event.altKey) return;
    /** @type {Record<string, () => void>} */
    const acts = {
      e: () => this.#edit(),
      c: () => this.#send("confirm", this.#tools.row),
      delete: () => this.#send("delete", this.#tools.row),
      "ctrl+z": () => this.#undo(),
    };
    const key = event.key.toLowerCase(); // Caps Lock changes nothing
    const act = acts[event.ctrlKey || event.metaKey ? `ctrl+${key}` : key];
    if (!act) return;
    event.preventDefault();
    if (event.repeat) return; // a key that is held would go on to the next row
    this.#tools.point(target); // the pointer may rest on another row
    act();
  }

  #edit() {
    const { row } = this.#tools;
    this.#open(row, stringsOf(this.#task, row));
  }

  /**
   * A form for an item: that of `row` as it shall become, or a new one.
   * @param {Row | null} row
   * @param {string[]} values
   */
  #open(row, values) {
    if (this.#form?.typed) {
      this.#form.focus(); // not without its words
      return;
    }
    this.#form = new ItemForm(
      row ? t("page.correct.edit") : t("page.correct.add"),
      this.#names,
      values,
      (item) => this.#send(row ? "edit" : "add", row, item),
      () => this.#close(),
    );
    this.#formed = row && values;
    this.#place();
    this.#form.focus();
    this.#form.element.scrollIntoView({ block: "nearest" });
  }

  /** Below the row that it is about, wherever that has come to, or below them all. */
  #place() {
    this.#table.hold(this.#form?.element ?? null, this.#formed && this.#find(this.#formed));
  }

  #close() {
    const row = this.#formed && this.#find(this.#formed);
    this.#form = this.#formed = null;
    this.#place();
    if (row === null || !this.#table.focus(row)) this.adder.focus();
  }

  /**
   * @param {string} kind
   * @param {Row | null} row
   * @param {Record<string, string>} [after]
   */
  async #send(kind, row, after) {
    /** @type {any} */
    const correction = { kind };
    const before = row && stringsOf(this.#task, row);
    if (before) correction.before = this.#named(before);
    if (after) correction.after = after;
    // Where the eye goes on: the item itself, or for one that goes the next in sight.
    const next = kind === "delete" && row ? this.#neighbour(row) : before;
    const wanted = after ? this.#names.map((name) => after[name].trim()) : next;
    await this.#change(t("page.correct.saved"), wanted, async () => {
      const kept = await call("POST", this.#address, correction);
      if (after) this.#form = this.#formed = null;
      return kept;
    });
  }

  #undo() {
    const { last } = this.#changes;
    if (!last) return;
    const wanted = last.before && this.#names.map((name) => textOf(last.before[name]));
    const address = `${this.#address}/last?count=${this.#changes.count}`;
    this.#change(t("page.correct.undone"), wanted, () => call("DELETE", address));
  }

  /**
   * @param {string} done announced afterwards
   * @param {string[] | null} wanted the strings of the row to focus next
   * @param {() => Promise<KeptTurn>} change
   */
  async #change(done, wanted, change) {
    if (this.#sending) return;
    this.#sending = true;
    try {
      this.#show(await change(), wanted);
      this.#said.replaceChildren();
      announce(done);
    } catch (error) {
      if (!(error instanceof RequestFailed)) throw error;
      // Another tab was faster: how it stands now is shown before anything else is done to it.
      if (error.code === "conflict") await this.#reload(wanted);
      const own =
        { network: t("page.error_note.network"), conflict: t("page.correct.conflict") }[
          error.code
        ] ?? error.message;
      this.#said.replaceChildren(errorBox(error, [own]));
    } finally {
      this.#sending = false;
    }
  }

  /** @param {string[] | null} wanted */
  async #reload(wanted) {
    const { turns } = await call("GET", `/conversations/${this.#turn.conversation}`);
    const now = turns.find((/** @type {KeptTurn} */ { turn }) => turn === this.#turn.number);
    if (now) this.#show(now, wanted);
  }

  /** @param {KeptTurn} kept @param {string[] | null} wanted */
  #show(kept, wanted) {
    const undoing = this.#changes.element.contains(document.activeElement);
    this.#tools.remove();
    this.#take(kept);
    this.#place();
    this.#changes.show(kept.corrections);
    if (undoing && this.#changes.count > 0) return;
    const row = wanted && this.#find(wanted);
    if (row === null || !this.#table.focus(row)) this.adder.focus({ preventScroll: true });
  }

  /** @param {string[]} strings @returns {number | null} the row that says this */
  #find(strings) {
    const wanted = JSON.stringify(strings);
    const { rows } = this.#table;
    const at = rows.findIndex((row) => JSON.stringify(stringsOf(this.#task, row)) === wanted);
    return at < 0 ? null : at;
  }

  /** @param {Row} row @returns {string[] | null} what the row after it in sight says, or before it */
  #neighbour(row) {
    const sight = this.#table.inSight();
    const at = sight.indexOf(row);
    const next = sight[at + 1] ?? sight[at - 1];
    return next ? stringsOf(this.#task, next) : null;
  }

  /** @param {string[]} values */
  #named(values) {
    return Object.fromEntries(this.#names.map((name, at) => [name, values[at]]));
  }

  /** What is selected in the text goes to the field in use. */
  #pick() {
    const text = this.#selected().at(-1);
    if (text) this.#form?.take(text);
  }

  /** @returns {string[]} the selected piece of the text, if one is; KE2's stands behind its class */
  #selected() {
    const selection = getSelection();
    const inside = selection && this.#source.contains(selection.anchorNode);
    const text = inside ? selection.toString().trim() : "";
    if (!text) return [];
    return this.#task === "KE2" && !this.#form ? ["", text] : [text];
  }
}

/** @param {any} value of a field: a string, or one with its place */
const textOf = (value) => value?.text ?? value;
