// The head of the table, whose columns sort it: up, down, and as the text has it.

import { button, el } from "../core/dom.js";
import { t } from "../core/wording.js";

/** @import {Row} from "../types" */

const collator = new Intl.Collator(document.documentElement.lang, { numeric: true });

export class Sorting {
  /** None at first: the rows stand as the text has them. */
  #column = -1;
  #step = 1;
  #onChange;
  #heads;
  head;

  /**
   * @param {string[]} columns
   * @param {() => void} onChange
   */
  constructor(columns, onChange) {
    this.#onChange = onChange;
    this.#heads = columns.map((name, column) =>
      el(
        "th",
        { scope: "col" },
        button(name, "sort", () => this.#sort(column), t("page.table.sort")),
      ),
    );
    this.head = el("thead", {}, el("tr", {}, ...this.#heads));
  }

  get sorted() {
    return this.#column >= 0;
  }

  /** @param {Row[]} rows @returns {number[]} their numbers, in the order that is asked for */
  order(rows) {
    const numbers = [...rows.keys()].filter((number) => rows[number].cells.length > 0);
    if (!this.sorted) return numbers;
    const text = (/** @type {number} */ number) => rows[number].cells[this.#column].text;
    return numbers.sort((a, b) => collator.compare(text(a), text(b)) * this.#step || a - b);
  }

  /** @param {number} column */
  #sort(column) {
    if (column !== this.#column) [this.#column, this.#step] = [column, 1];
    else if (this.#step > 0) this.#step = -1;
    else this.#column = -1;
    this.#heads.forEach((head, index) => {
      const direction = this.#step > 0 ? "ascending" : "descending";
      if (index === this.#column) head.setAttribute("aria-sort", direction);
      else head.removeAttribute("aria-sort");
    });
    this.#onChange();
  }
}
