// The knowledge of one answer as a table that grows row by row, and its link with the marked text.

import { all, el } from "./dom.js";
import { counted } from "./knowledge.js";
import { S } from "./strings.js";

/** @import {Cell, Row} from "./types" */

export class KnowledgeTable {
  /** @type {Row[]} */
  rows = [];
  #task;
  #caption = el("caption");
  /** @type {Map<string, HTMLTableSectionElement>} */
  #bodies = new Map();

  /** @param {string} task */
  constructor(task) {
    this.#task = task;
    const head = el("tr", {}, ...S.columns[task].map((name) => el("th", { scope: "col" }, name)));
    this.table = el("table", { class: `knowledge ${task}` }, this.#caption, el("thead", {}, head));
    this.element = el("div", { class: "table-wrap", hidden: true }, this.table);
  }

  /** @param {Row} row */
  add(row) {
    const index = this.rows.push(row) - 1;
    const body = this.#bodyOf(row);
    body.append(row.cells.length > 0 ? this.#line(row, index) : this.#factless());
    this.#caption.textContent = S.caption(this.#task, counted(this.rows).length);
    this.element.hidden = false;
  }

  /** @param {Row[]} rows */
  replace(rows) {
    const at = all(this.table, "tr:focus")[0]?.dataset.row;
    this.rows = [];
    for (const body of this.#bodies.values()) body.remove();
    this.#bodies.clear();
    for (const row of rows) this.add(row);
    this.element.hidden = rows.length === 0;
    if (at !== undefined) this.lineOf(at)?.focus();
  }

  /** @param {number | string} index @returns {HTMLElement | undefined} */
  lineOf(index) {
    return all(this.table, `tr[data-row="${index}"]`)[0];
  }

  /** @param {Row} row */
  #bodyOf({ group, groupKind }) {
    const known = this.#bodies.get(group);
    if (known) return known;
    const body = el("tbody");
    if (group) {
      const span = S.columns[this.#task].length;
      const name = el("span", { class: `tag ${groupKind}` }, group);
      body.append(
        el("tr", { class: "group" }, el("th", { scope: "rowgroup", colspan: span }, name)),
      );
    }
    this.#bodies.set(group, body);
    this.table.append(body);
    return body;
  }

  /** @param {Row} row @param {number} index */
  #line({ cells }, index) {
    // One tab stop a table; the arrow keys go from row to row.
    const first = all(this.table, "[data-row]").length === 0;
    const line = el("tr", { "data-row": index, tabindex: first ? 0 : -1 });
    cells.forEach((cell, column) => {
      const tag = column === 0 ? "th" : "td";
      line.append(el(tag, column === 0 ? { scope: "row" } : {}, ...contentOf(cell)));
    });
    return line;
  }

  #factless() {
    const span = S.columns[this.#task].length;
    return el("tr", {}, el("td", { class: "quiet", colspan: span }, S.noFacts));
  }
}

/** @param {Cell} cell @returns {Node[]} */
function contentOf({ text, status, kind }) {
  const word = el("span", { class: kind ? `word ${kind}` : null }, text);
  if (status === "normalised") return [word, badge(status, S.normalised, S.normalisedTitle)];
  if (status === "inferred") return [word, badge(status, S.inferred, S.inferredTitle)];
  return [word];
}

/** @param {string} status @param {string} label @param {string} title */
const badge = (status, label, title) => el("span", { class: `badge ${status}`, title }, label);

/**
 * Hovering or focusing a row lights its marks; hovering a mark lights its rows, a click goes there.
 * @param {KnowledgeTable} table
 * @param {import("./source.js").SourceText} source
 */
export function link(table, source) {
  const marksOf = (/** @type {string} */ row) => all(source.element, `mark[data-rows~="${row}"]`);
  const light = (/** @type {string[]} */ rows) => {
    for (const side of [table.table, source.element]) {
      for (const lit of all(side, ".lit")) lit.classList.remove("lit");
    }
    for (const row of rows) {
      table.lineOf(row)?.classList.add("lit");
      for (const mark of marksOf(row)) mark.classList.add("lit");
    }
  };
  const rowsAt = (/** @type {EventTarget | null} */ target) => {
    const at = /** @type {HTMLElement | null} */ (
      target instanceof Element ? target.closest("tr[data-row], mark") : null
    );
    return at ? (at.dataset.row ?? at.dataset.rows ?? "").split(" ") : [];
  };
  for (const side of [table.table, source.element]) {
    side.addEventListener("pointerover", (event) => light(rowsAt(event.target)));
    side.addEventListener("pointerleave", () => light(rowsAt(document.activeElement)));
    side.addEventListener("focusout", () => light([]));
  }
  table.table.addEventListener("focusin", (event) => {
    const [row] = rowsAt(event.target);
    light(row ? [row] : []);
    if (row) marksOf(row)[0]?.scrollIntoView({ block: "nearest" });
  });
  table.table.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const lines = all(table.table, "tr[data-row]");
    const next = lines[lines.findIndex((line) => line === event.target) + (step ?? 0)];
    if (!step || !next) return;
    event.preventDefault();
    next.focus();
  });
  source.element.addEventListener("click", (event) => {
    const [row] = rowsAt(event.target);
    if (row) table.lineOf(row)?.focus();
  });
}
