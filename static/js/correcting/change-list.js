// What a person has changed of an answer: what was deleted stays readable, and the last change can be
// taken back. Loaded with the corrections.

import { button, el } from "../core/dom.js";
import { t } from "../core/wording.js";

export class ChangeList {
  #names;
  #count = el("span");
  #undo;
  #deleted = el("ul");
  /** All of the answer, in their order. @type {any[]} */
  #made = [];
  element;

  /**
   * @param {string[]} names of the fields of an item
   * @param {() => void} undo
   */
  constructor(names, undo) {
    this.#names = names;
    this.#undo = button(t("page.correct.undo"), "quiet-button", undo, t("page.correct.undo.title"));
    this.element = el(
      "div",
      { class: "trace", hidden: true },
      el("p", {}, this.#count, " ", this.#undo),
      this.#deleted,
    );
  }

  get count() {
    return this.#made.length;
  }

  /** The correction that would be taken back. */
  get last() {
    return this.#made.at(-1);
  }

  /** @param {any[]} corrections all of the answer, in their order */
  show(corrections) {
    this.#made = corrections;
    this.element.hidden = corrections.length === 0;
    this.#count.textContent = t("page.correct.count", { count: corrections.length });
    const gone = corrections.filter(({ kind }) => kind === "delete");
    this.#deleted.replaceChildren(
      ...gone.map(({ before }) => {
        const parts = this.#names.map((name) => before[name]?.text ?? before[name]);
        return el("li", {}, el("del", {}, parts.join(" · ")), " ", t("page.correct.deleted"));
      }),
    );
  }
}
