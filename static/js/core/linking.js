// Lets the views of one answer follow each other: what is hovered or focused in one is lit in all,
// and what is chosen in one comes into sight in the others.

/**
 * A view shows rows of the answer; rows go by their number, as a string.
 * @typedef {object} View
 * @property {HTMLElement} element
 * @property {(target: EventTarget | null) => string[]} rowsAt rows that an element of it stands for
 * @property {(rows: string[]) => void} light shows these rows as lit, and no others
 * @property {(row: string) => void} show scrolls the element of the row into view
 */

/** Where the pointer was seen last. */
let seen = [NaN, NaN];
addEventListener("pointermove", ({ clientX, clientY }) => (seen = [clientX, clientY]));

/** Whether it is not the pointer that has moved, but what lies under it. @param {MouseEvent} event */
const isStill = ({ clientX, clientY }) => clientX === seen[0] && clientY === seen[1];

export class Linking {
  /** @type {View[]} */
  #views = [];

  /** @param {View} view */
  add(view) {
    this.#views.push(view);
    view.element.addEventListener("pointerover", (event) => {
      if (!isStill(event)) this.light(view.rowsAt(event.target));
    });
    view.element.addEventListener("pointerleave", () => this.light(this.#focused()));
    view.element.addEventListener("focusin", (event) => {
      const rows = view.rowsAt(event.target);
      if (rows.length === 1) this.choose(rows[0], view);
      else this.light(rows);
    });
    view.element.addEventListener("focusout", () => this.light([]));
  }

  /** @param {string[]} rows */
  light(rows) {
    for (const view of this.#views) view.light(rows);
  }

  /**
   * Lights a row that was chosen in one view, and brings it into sight in the others.
   * @param {string} row
   * @param {View} from
   */
  choose(row, from) {
    this.light([row]);
    for (const view of this.#views) if (view !== from) view.show(row);
  }

  #focused() {
    const at = document.activeElement;
    return this.#views.find((view) => view.element.contains(at))?.rowsAt(at) ?? [];
  }
}
