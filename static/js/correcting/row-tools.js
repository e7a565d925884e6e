// The buttons of a row of the table: one set serves all rows, and stands in the one that is pointed
// at or focused. Loaded with the corrections.

import { button, el, icon } from "../core/dom.js";
import { tOf } from "../core/wording.js";

/** @import {KnowledgeTable} from "../answer/table.js" */

export class RowTools {
  #table;
  #element;
  /** Number of the row that has the buttons. */
  #at = -1;

  /**
   * @param {KnowledgeTable} table
   * @param {Record<"confirm" | "edit" | "delete", () => void>} acts
   */
  constructor(table, acts) {
    this.#table = table;
    const names = /** @type {const} */ (["confirm", "edit", "delete"]);
    this.#element = el(
      "span",
      { class: "tools" },
      ...names.map((name) => tool(name, () => acts[name]())),
    );
    const point = (/** @type {Event} */ { target }) => this.point(target);
    table.table.classList.add("correctable");
    table.table.addEventListener("pointerover", point);
    table.table.addEventListener("focusin", point);
  }

  /** The row that has the buttons. */
  get row() {
    return this.#table.rows[this.#at];
  }

  /** @param {EventTarget | null} target */
  point(target) {
    const [row] = this.#table.rowsAt(target);
    const line = row === undefined ? null : this.#table.lineOf(row);
    // Not away from under who uses the buttons of another row.
    const used = this.#element.contains(document.activeElement);
    if (!line || line.contains(this.#element) || used) return;
    this.#at = Number(row);
    line.lastElementChild?.append(this.#element);
  }

  /** Before the rows are made anew. */
  remove() {
    this.#element.remove();
  }
}

/** @param {"confirm" | "edit" | "delete"} name @param {() => void} action */
function tool(name, action) {
  const element = button("", "tool", action, tOf("page.correct", name));
  element.setAttribute("aria-label", tOf("page.correct", name));
  element.append(icon(name));
  return element;
}
