// The turn of an extraction: the user's text with its marks, and the knowledge found in it.

import { button, el } from "./dom.js";
import { copyButtons, factsOf } from "./footer.js";
import { RowMaker, counted } from "./knowledge.js";
import { SourceText } from "./source.js";
import { S, secondsOf } from "./strings.js";
import { KnowledgeTable, link } from "./table.js";
import { Turn, announce } from "./turn.js";

/** @import {Actions, Request} from "./types" */

const TASKS = ["KE1", "KE2", "KE3"];

export class Findings extends Turn {
  #rows;
  #table;
  #source;
  #legend;
  #rawText = new Text();
  #raw = el("details", { class: "raw", hidden: true }, el("summary", {}, S.raw), el("pre", {}, this.#rawText));

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
    link(table, source);
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
    this.#table.replace(this.#rows.ofKnowledge(data.knowledge));
    this.#mark();
    if (data.lang) this.#source.element.lang = data.lang;
    const found = counted(this.#table.rows).length;
    const { task } = this.request;
    const summary = found > 0 ? S.caption(task, found) : S.nothing[task];
    if (!this.begun) this.foot.append(el("p", { class: "note" }, summary));
    const others = TASKS.filter((name) => name !== task).map((name) =>
      button(S.tasks[name], "quiet-button", () =>
        this.actions.run({ ...this.request, task: name, entity: "" }),
      ),
    );
    const line = el("p", { class: "buttons" }, ...copyButtons(task, this.#table.rows, data.knowledge));
    line.append(el("span", { class: "same-text" }, S.sameText, ...others));
    this.foot.append(...factsOf(data), line);
    announce(`${summary}, ${secondsOf(data.elapsed_ms)}`);
  }

  again() {
    const line = super.again();
    line.append(...copyButtons(this.request.task, this.#table.rows, null));
    return line;
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
