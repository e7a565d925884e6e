// Correcting a kept answer: items are edited, deleted, added and confirmed; the server keeps it.
// Loaded with the first answer that is kept.

import { RequestFailed, call } from "./api.js";
import { C } from "./correctingwords.js";
import { all, button, el, icon } from "./dom.js";
import { stringsOf } from "./knowledge.js";
import { S } from "./strings.js";
import { Trace } from "./trace.js";
import { errorBox, announce } from "./turn.js";

/** @import {KnowledgeTable} from "./table.js" */
/** @import {KeptTurn, Row} from "./types" */

const FIELDS = {
  KE1: ["head", "relation", "tail"],
  KE2: ["class", "text"],
  KE3: ["entity", "key", "value"],
};

const { pathname } = new URL("../css/correcting.css", import.meta.url);
document.head.append(el("link", { rel: "stylesheet", href: pathname }));

export class Correcting {
  /** The buttons of the row that is pointed at or focused; one set serves all rows. */
  #tools = el(
    "span",
    { class: "tools" },
    tool("confirm", () => this.#send("confirm")),
    tool("edit", () => this.#edit()),
    tool("delete", () => this.#send("delete")),
  );
  /** Number of the row that has the buttons. */
  #at = -1;
  /** Number of the row from which the form was opened. */
  #opener = -1;
  /** One change after the other: each is told apart by what stands there. */
  #sending = false;
  #said = el("div");
  #trace;
  /** @type {HTMLFormElement | null} */
  #form = null;
  /** The field that a piece of the text goes to when it is selected. @type {HTMLInputElement | null} */
  #field = null;
  #address;
  #task;
  /** The fields of an item. @type {string[]} */
  #names;
  #table;
  #source;
  #take;

  /**
   * @param {string} address of the turn's corrections
   * @param {string} task
   * @param {KnowledgeTable} table
   * @param {HTMLElement} source the text, of which pieces can be selected
   * @param {any[]} made the corrections until now
   * @param {(kept: KeptTurn) => void} take shows the corrected answer
   */
  constructor(address, task, table, source, made, take) {
    this.#address = address;
    this.#task = task;
    this.#table = table;
    this.#source = source;
    this.#take = take;
    this.adder = button(
      C.add,
      "quiet-button",
      () => this.#open(null, this.#selected()),
      C.addTitle,
    );
    const point = (/** @type {Event} */ { target }) => this.#point(target);
    table.table.addEventListener("pointerover", point);
    table.table.addEventListener("focusin", point);
    table.table.addEventListener("keydown", (event) => this.#key(event));
    source.addEventListener("pointerup", () => setTimeout(() => this.#pick()));
    this.#names = FIELDS[/** @type {keyof typeof FIELDS} */ (task)];
    this.#trace = new Trace(this.#names, () => this.#undo());
    this.#trace.show(made);
    table.element.after(this.#said, this.#trace.element);
  }

  /** @param {EventTarget | null} target */
  #point(target) {
    const [row] = this.#table.rowsAt(target);
    const line = row === undefined ? null : this.#table.lineOf(row);
    // Not away from under who uses the buttons of another row.
    if (!line || line.contains(this.#tools) || this.#tools.contains(document.activeElement)) return;
    this.#at = Number(row);
    line.lastElementChild?.append(this.#tools);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const target = /** @type {HTMLElement} */ (event.target);
    if (!target.matches("tr[data-row]") || event.altKey) return;
    /** @type {Record<string, () => void>} */
    const acts = {
      e: () => this.#edit(),
      c: () => this.#send("confirm"),
      Delete: () => this.#send("delete"),
      "Ctrl+z": () => this.#undo(),
    };
    const act = acts[event.ctrlKey || event.metaKey ? `Ctrl+${event.key}` : event.key];
    if (!act) return;
    event.preventDefault();
    if (event.repeat) return; // a key that is held would go on to the next row
    this.#point(target); // the pointer may rest on another row
    act();
  }

  #edit() {
    const row = this.#table.rows[this.#at];
    this.#open(row, stringsOf(this.#task, row));
  }

  /**
   * A form for an item: that of `row` as it shall become, or a new one.
   * @param {Row | null} row
   * @param {string[]} values
   */
  #open(row, values) {
    if (this.#form && this.#typed()) {
      this.#form.querySelector("input")?.focus(); // not without its words
      return;
    }
    this.#form?.remove();
    this.#opener = this.#at;
    const inputs = this.#names.map((name, at) => {
      const value = values[at] ?? "";
      const input = el("input", { type: "text", name, value, required: true, maxlength: 1000 });
      input.addEventListener("focus", () => (this.#field = input));
      return input;
    });
    const form = el(
      "form",
      { class: "correction", "aria-label": row ? C.edit : C.add },
      ...inputs.map((input, at) =>
        el("label", {}, el("span", {}, C.fields[this.#names[at]]), input),
      ),
      el(
        "p",
        { class: "buttons" },
        el("button", { type: "submit", class: "quiet-button" }, C.keep),
        button(C.cancel, "quiet-button", () => this.#close()),
      ),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const after = Object.fromEntries(inputs.map((input) => [input.name, input.value]));
      this.#send(row ? "edit" : "add", row, after);
    });
    form.addEventListener("keydown", (event) => {
      event.stopPropagation(); // Enter here is not the composer's
      if (event.key === "Escape" && !event.isComposing && event.keyCode !== 229) this.#close();
    });
    this.#form = form;
    this.#said.before(form);
    (inputs.find((input) => !input.value) ?? inputs[0]).focus();
  }

  #close() {
    this.#form?.remove();
    this.#form = this.#field = null;
    this.#table.lineOf(String(this.#opener))?.focus();
  }

  /**
   * @param {string} kind
   * @param {Row | null} row
   * @param {Record<string, string>} [after]
   */
  async #send(kind, row = this.#table.rows[this.#at], after) {
    if (this.#sending) return;
    /** @type {any} */
    const correction = { kind };
    if (row) {
      const values = stringsOf(this.#task, row);
      correction.before = Object.fromEntries(this.#names.map((name, at) => [name, values[at]]));
    }
    if (after) correction.after = after;
    await this.#change(C.kept, async () => {
      const kept = await call("POST", this.#address, correction);
      if (after) {
        this.#form?.remove();
        this.#form = this.#field = null;
      }
      return kept;
    });
  }

  #undo() {
    if (this.#sending || this.#trace.element.hidden) return;
    this.#change(C.undone, () => call("DELETE", `${this.#address}/last`));
  }

  /**
   * @param {string} told once it is done
   * @param {() => Promise<KeptTurn>} change
   */
  async #change(told, change) {
    this.#sending = true;
    try {
      const kept = await change();
      this.#said.replaceChildren();
      this.#tools.remove();
      const focused = this.#trace.element.contains(document.activeElement);
      this.#take(kept);
      this.#trace.show(kept.corrections);
      announce(told);
      if (focused && !this.#trace.element.hidden) return;
      const at = Math.max(0, Math.min(this.#at, this.#table.rows.length - 1));
      const line = this.#table.lineOf(String(at)) ?? this.adder;
      line.focus({ preventScroll: true });
    } catch (error) {
      if (!(error instanceof RequestFailed)) throw error;
      const own = error.code === "network" ? S.networkMessage : error.message;
      this.#said.replaceChildren(errorBox(error, [own]));
    } finally {
      this.#sending = false;
    }
  }

  /** Whether the open form holds words of its own. */
  #typed() {
    const inputs = /** @type {HTMLInputElement[]} */ (all(this.#form ?? this.#said, "input"));
    return inputs.some((input) => input.value !== input.defaultValue);
  }

  /** What is selected in the text goes to the field in use. */
  #pick() {
    const [text] = this.#selected();
    if (!text || !this.#field) return;
    this.#field.value = text;
    this.#field.focus();
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

/** @param {"confirm" | "edit" | "delete"} name @param {() => void} action */
function tool(name, action) {
  const element = button("", "tool", action, C[name]);
  element.setAttribute("aria-label", C[name]);
  element.append(icon(name));
  return element;
}
