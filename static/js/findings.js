// The turn of an extraction: the user's text with its marks, and the knowledge found in it.

import { button, byId, el } from "./dom.js";
import { copyButtons, factsOf, leftOut } from "./footer.js";
import { RowMaker, counted } from "./knowledge.js";
import { Linking } from "./linking.js";
import { saveMenu } from "./saving.js";
import { SourceText } from "./source.js";
import { S, secondsOf } from "./strings.js";
import { KnowledgeTable } from "./table.js";
import { Turn, announce, lazy } from "./turn.js";

/** @import {Actions, Request, Row} from "./types" */

const TASKS = ["KE1", "KE2", "KE3"];
const FORM = "\n"; // the choice that is no model's name

export class Findings extends Turn {
  #rows;
  #table;
  #source;
  #legend;
  /** The whole answer as it stands, corrections and all. @type {any} */
  #answer = null;
  /** What the model said, whatever a person made of it. @type {Row[]} */
  #given = [];
  /** What a person had changed of it when it was loaded. @type {any[]} */
  #corrections = [];
  #linking = new Linking();
  /** Of this answer, once it was asked for. @type {import("./graph.js").Graph | null} */
  #graph = null;
  #rawText = new Text();
  #raw = el(
    "details",
    { class: "raw", hidden: true },
    el("summary", {}, S.raw),
    el("pre", {}, this.#rawText),
  );

  /**
   * @param {Request} request
   * @param {Actions} actions
   */
  constructor(request, actions) {
    const { task, text, entity } = request;
    const title = [new Text(S.tasks[task])];
    const table = new KnowledgeTable(task);
    const source = new SourceText(text);
    const legend = el("ul", { class: "legend" });
    super(
      request,
      actions,
      entity ? [...title, el("span", { class: "about" }, entity)] : title,
      [source.element, legend],
      [table.element],
    );
    this.#rows = new RowMaker(task);
    this.#table = table;
    this.#source = source;
    this.#legend = legend;
    this.foot.after(this.#raw);
    this.#link();
  }

  get begun() {
    return this.#table.rows.length > 0;
  }

  /** @param {string} text */
  token(text) {
    this.#raw.hidden = false;
    this.#rawText.appendData(text);
  }

  /** @param {any} data */
  item(data) {
    if (!this.begun) this.say(S.working, null);
    this.#table.add(this.#rows.ofItem(data));
    this.#mark();
  }

  /** @param {any} data */
  done(data) {
    this.#show(data);
    if (data.lang) this.#source.element.lang = data.lang;
    const found = counted(this.#table.rows).length;
    const { task } = this.request;
    const summary = found > 0 ? S.caption(task, found) : S.nothing[task];
    if (!this.begun) this.foot.append(el("p", { class: "note" }, summary));
    const others = TASKS.filter((name) => name !== task).map((name) =>
      button(S.tasks[name], "quiet-button", () =>
        this.actions.run({ ...this.request, task: name, entity: "", only: "" }),
      ),
    );
    this.#answer = data;
    this.#given = this.rows;
    const line = el(
      "p",
      { class: "buttons" },
      ...copyButtons(task, this.#table, () => this.#answer.knowledge),
    );
    if (found > 0) line.append(saveMenu(S.save, () => [this.saved]));
    if (this.#table.rows.some((row) => row.link)) line.append(this.#graphButton());
    if (found > 0) line.append(this.#compareMenu());
    line.append(this.renewButton(), el("span", { class: "same-text" }, S.sameText, ...others));
    this.foot.append(...factsOf(data), ...leftOut(data), line);
    announce(`${summary}, ${secondsOf(data.elapsed_ms)}`);
    if (this.request.conversation && this.number) this.#letCorrect(line);
  }

  /** @param {any} answer */
  #show({ knowledge }) {
    this.#table.replace(this.#rows.ofKnowledge(knowledge));
    this.#mark();
  }

  /** @param {HTMLElement} line of buttons */
  async #letCorrect(line) {
    const module = await import("./correcting.js").catch(() => null);
    if (!module) return; // the server is gone; what is done next will say so
    const { request, number } = this;
    const address = `/conversations/${request.conversation}/turns/${number}/corrections`;
    const correcting = new module.Correcting(
      address,
      request.task,
      this.#table,
      this.#source.element,
      this.#corrections,
      ({ answer, corrected }) => {
        this.corrected = corrected !== null;
        this.#answer = corrected ?? answer;
        this.#show(this.#answer);
        this.#redraw();
        this.actions.corrected();
      },
    );
    line.querySelector(".same-text")?.before(correcting.adder);
  }

  /** @param {import("./types").KeptTurn} kept */
  restore(kept) {
    this.#corrections = kept.corrections;
    super.restore(kept);
    if (kept.answer) this.#given = this.#rows.ofKnowledge(kept.answer.knowledge);
  }

  again() {
    const line = super.again();
    line.append(...copyButtons(this.request.task, this.#table, null));
    return line;
  }

  /** The other models, and the form as it is set now; choosing one asks it the same. */
  #compareMenu() {
    const { model } = this.request;
    const names = [...byId("model-select-box", HTMLSelectElement).options].map((one) => one.value);
    const menu = el(
      "select",
      { class: "quiet-button", "aria-label": S.compare },
      el("option", { value: "" }, S.compare),
      ...names.filter((name) => name !== model).map((value) => el("option", { value }, value)),
      el("option", { value: FORM }, S.asFormIs),
    );
    menu.addEventListener("change", async () => {
      const { request } = this;
      const { value } = menu;
      menu.value = "";
      const module = await lazy(import("./comparing.js"), this.foot);
      const changed = value === FORM ? this.actions.settings(request.task) : { model: value };
      if (module)
        this.foot.before(module.comparison(request, this.#given, { ...request, ...changed }));
    });
    return menu;
  }

  /** The answer as it stands, with its text; null until it is whole. */
  get saved() {
    return this.#answer && { ...this.#answer, text: this.request.text };
  }

  get rows() {
    return this.#table.rows;
  }

  /** The sentence that states an item, if one does. @param {Row} row @returns {string[]} */
  quotes({ link }) {
    if (!link?.evidence) return [];
    const { start, end } = link.evidence;
    return [[...this.request.text].slice(start, end).join("").trim()];
  }

  /** Opens the graph under the table, and closes it again. */
  #graphButton() {
    /** @type {typeof import("./graph.js") | null} */
    let module = null;
    const toggle = button(S.graph, "quiet-button", async () => {
      toggle.disabled = true;
      module ??= await import("./graph.js").catch(() => null);
      toggle.disabled = false;
      if (!module) {
        this.foot.append(el("p", { class: "error", role: "alert" }, S.graphFailed));
      } else if (this.#graph) {
        this.#graph.element.hidden = !this.#graph.element.hidden;
      } else {
        this.#graph = new module.Graph(this.rows, (row) => this.quotes(row), this.#linking);
        this.foot.before(this.#graph.element);
        this.#graph.draw();
      }
      toggle.setAttribute("aria-expanded", String(this.#graph?.element.hidden === false));
    });
    toggle.setAttribute("aria-expanded", "false");
    return toggle;
  }

  /** After a correction the graph shows what the table shows. */
  #redraw() {
    if (!this.#graph) return;
    const { element } = this.#graph;
    const { hidden } = element;
    element.hidden = false;
    this.#graph.draw(this.rows);
    element.hidden = hidden;
  }

  #link() {
    this.#linking.add(this.#table);
    this.#linking.add(this.#source);
    this.#table.element.addEventListener("focusin", ({ target }) => {
      for (const row of this.#table.rowsAt(target)) this.#source.show(row);
    });
    this.#source.element.addEventListener("click", ({ target }) => {
      const [row] = this.#source.rowsAt(target);
      if (row) this.#table.lineOf(row)?.focus();
    });
  }

  #mark() {
    this.#source.mark(this.#table.rows);
    const kinds = new Map();
    for (const row of this.#table.rows) {
      for (const { kind, label } of row.spans) {
        kinds.set(kind, kind === "value" ? S.kinds.value : label);
      }
    }
    this.#legend.replaceChildren(
      ...[...kinds].map(([kind, label]) => el("li", { class: `tag ${kind}` }, label)),
    );
  }
}
