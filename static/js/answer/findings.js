// The turn of an extraction: the user's text with its marks, and the knowledge found in it.

import { button, el } from "../core/dom.js";
import { announce } from "../core/feedback.js";
import { Linking } from "../core/linking.js";
import { RowMaker, counted } from "../core/rows.js";
import { secondsOf, t, tOf } from "../core/wording.js";
import { GraphPanel } from "../graph/panel.js";
import { compareMenu } from "./compare-menu.js";
import { copyButtons, factsOf, leftOut } from "./footer.js";
import { saveMenu } from "./saving.js";
import { SourceText } from "./source-text.js";
import { KnowledgeTable } from "./table.js";
import { Turn } from "./turn.js";

/** @import {Actions, Request, Row} from "../types" */

const TASKS = ["KE1", "KE2", "KE3"];

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
  /** Of this answer, where something can be drawn. @type {GraphPanel | null} */
  #graph = null;
  #rawText = new Text();
  #raw = el(
    "details",
    { class: "raw", hidden: true },
    el("summary", {}, t("page.raw")),
    el("pre", {}, this.#rawText),
  );

  /**
   * @param {Request} request
   * @param {Actions} actions
   */
  constructor(request, actions) {
    const { task, text, entity } = request;
    const title = [new Text(tOf("knowledge.task", task))];
    const table = new KnowledgeTable(task, () => this.#choose());
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
    if (!this.begun) this.say(t("page.working"), null);
    this.#table.add(this.#rows.ofItem(data));
    this.#mark();
  }

  /** @param {any} data */
  done(data) {
    this.#show(data);
    if (data.lang) this.#source.element.lang = data.lang;
    const found = counted(this.#table.rows).length;
    const { task } = this.request;
    const summary =
      found > 0 ? tOf("knowledge.count", task, { count: found }) : tOf("knowledge.nothing", task);
    if (!this.begun) this.foot.append(el("p", { class: "note" }, summary));
    const others = TASKS.filter((name) => name !== task).map((name) =>
      button(tOf("knowledge.task", name), "quiet-button", () =>
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
    if (found > 0) line.append(saveMenu(t("page.save"), () => [this.saved]));
    if (this.#table.rows.some((row) => row.link)) {
      const quotes = (/** @type {Row} */ row) => this.quotes(row);
      this.#graph = new GraphPanel(this.element, () => this.#table.shown, quotes, this.#linking);
      line.append(this.#graph.toggle);
    }
    if (found > 0) line.append(compareMenu(this, () => this.#given));
    line.append(
      this.renewButton(),
      el("span", { class: "same-text" }, t("page.same_text"), ...others),
    );
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
    const module = await import("../correcting/correcting.js").catch(() => null);
    if (!module) return; // the server is gone; what is done next will say so
    const { conversation = "", task } = this.request;
    const correcting = new module.Correcting(
      { conversation, number: this.number ?? 0 },
      task,
      this.#table,
      this.#source.element,
      this.#corrections,
      ({ answer, corrected }) => {
        this.corrected = corrected !== null;
        this.#answer = corrected ?? answer;
        this.#show(this.#answer);
        this.#graph?.redraw();
        this.actions.corrected();
      },
    );
    line.querySelector(".same-text")?.before(correcting.adder);
  }

  /** @param {import("../types").KeptTurn} kept */
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

  /** What the filter hides is neither marked nor drawn. */
  #choose() {
    this.#mark();
    this.#graph?.redraw();
  }

  #link() {
    this.#linking.add(this.#table);
    this.#linking.add(this.#source);
    this.#source.element.addEventListener("click", ({ target }) => {
      const [row] = this.#source.rowsAt(target);
      if (row) this.#table.lineOf(row)?.focus();
    });
  }

  #mark() {
    const rows = this.#table.shown;
    this.#source.mark(rows);
    const kinds = new Map();
    for (const row of rows) {
      for (const { kind, label } of row.spans) {
        kinds.set(kind, kind === "value" ? t("knowledge.mark.value") : label);
      }
    }
    this.#legend.replaceChildren(
      ...[...kinds].map(([kind, label]) => el("li", { class: `tag ${kind}` }, label)),
    );
  }
}
