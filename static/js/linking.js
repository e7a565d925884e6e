// Lets the views of one answer follow each other: what is hovered or focused in one is lit in all.

/**
 * A view shows rows of the answer; rows go by their number, as a string.
 * @typedef {object} View
 * @property {HTMLElement} element
 * @property {(target: EventTarget | null) => string[]} rowsAt rows that an element of it stands for
 * @property {(rows: string[]) => void} light shows these rows as lit, and no others
 */

export class Linking {
  /** @type {View[]} */
  #views = [];

  /** @param {View} view */
  add(view) {
    this.#views.push(view);
    view.element.addEventListener("pointerover", (event) => this.light(view.rowsAt(event.target)));
    view.element.addEventListener("pointerleave", () => this.light(this.#focused()));
    view.element.addEventListener("focusin", (event) => this.light(view.rowsAt(event.target)));
    view.element.addEventListener("focusout", () => this.light([]));
  }

  /** @param {string[]} rows */
  light(rows) {
    for (const view of this.#views) view.light(rows);
  }

  #focused() {
    const at = document.activeElement;
    return this.#views.find((view) => view.element.contains(at))?.rowsAt(at) ?? [];
  }
}
