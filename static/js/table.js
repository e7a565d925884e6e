// The knowledge of one answer as a table that grows row by row, can be sorted and filtered.

import { all, button, el } from "./dom.js";
import { S } from "./strings.js";

/** @import {Cell, Row} from "./types" */

const FILTER_FROM = 8; // rows; fewer are seen at a glance
const collator = new Intl.Collator(document.documentElement.lang, { numeric: true });

export class KnowledgeTable {
  /** @type {Row[]} */
  rows = [];
  #task;
  #caption = el("caption");
  #filter = el("input", {
    type: "search",
    class: "filter",
    placeholder: S.filter,
    "aria-label": S.filter,
    hidden: true,
  });
  /** @type {Map<string, HTMLTableSectionElement>} */
  #bodies = new Map();
  /** @type {Map<string, HTMLElement>} */
  #lines = new Map();
  /** How many rows the filter leaves. */
  #shown = 0;
  /** What the rows are sorted by: a column, and its direction. */
  #sorted = { column: -1, step: 1 };

  /** @param {string} task */
  constructor(task) {
    this.#task = task;
    const head = S.columns[task].map((name, column) =>
      el(
        "th",
        { scope: "col" },
        button(name, "sort", () => this.#sort(column), S.sortBy),
      ),
    );
    this.table = el(
      "table",
      { class: `knowledge ${task}` },
      this.#caption,
      el("thead", {}, el("tr", {}, ...head)),
    );
    this.element = el("div", { class: "table-wrap", hidden: true }, this.#filter, this.table);
    this.#filter.addEventListener("input", () => this.#choose());
    this.table.addEventListener("keydown", (event) => this.#key(event));
  }

  /** @param {Row} row */
  add(row) {
    this.#put(row);
    this.#tell();
    this.element.hidden = false;
  }

  /** @param {Row} row */
  #put(row) {
    const index = this.rows.push(row) - 1;
    const body = this.#bodyOf(row);
    if (row.cells.length > 0) {
      const line = this.#line(row, index);
      line.hidden = !this.#matches(row);
      if (!line.hidden) this.#shown += 1;
      body.append(line);
    } else body.append(this.#quiet(S.noFacts));
    for (const key of row.missing ?? []) body.append(this.#quiet(S.notStated(key)));
  }

  /** @param {Row[]} rows */
  replace(rows) {
    const at = all(this.table, "tr:focus")[0]?.dataset.row;
    this.rows = [];
    for (const body of this.#bodies.values()) body.remove();
    this.#bodies.clear();
    this.#lines.clear();
    this.#shown = 0;
    for (const row of rows) this.#put(row);
    this.#tell();
    if (this.#sorted.column >= 0) this.#order();
    this.element.hidden = rows.length === 0;
    if (at !== undefined) this.lineOf(at)?.focus();
  }

  /** @param {string} index @returns {HTMLElement | undefined} */
  lineOf(index) {
    return this.#lines.get(index);
  }

  /** @param {EventTarget | null} target @returns {string[]} */
  rowsAt(target) {
    const line = target instanceof Element ? target.closest("tr[data-row]") : null;
    return line instanceof HTMLElement ? [line.dataset.row ?? ""] : [];
  }

  /** @param {string[]} rows */
  light(rows) {
    for (const lit of all(this.table, ".lit")) lit.classList.remove("lit");
    for (const row of rows) this.lineOf(row)?.classList.add("lit");
  }

  /** @param {Row} row */
  #bodyOf({ group, groupKind, aliases }) {
    const known = this.#bodies.get(group);
    if (known) return known;
    const body = el("tbody");
    if (group) {
      const span = S.columns[this.#task].length;
      const name = el("span", { class: `tag ${groupKind}` }, group);
      const head = el("th", { scope: "rowgroup", colspan: span }, name);
      const others = (aliases ?? []).map((alias) => alias.text);
      if (others.length > 0)
        head.append(el("span", { class: "aside" }, S.alsoNamed(others.join(S.comma))));
      body.append(el("tr", { class: "group" }, head));
    }
    this.#bodies.set(group, body);
    this.table.append(body);
    return body;
  }

  /** @param {Row} row @param {number} index */
  #line({ cells, confidence, correction }, index) {
    // One tab stop a table; the arrow keys go from row to row.
    const line = el("tr", {
      "data-row": index,
      tabindex: this.#lines.size === 0 ? 0 : -1,
      title: typeof confidence === "number" ? S.sure(Math.round(100 * confidence)) : null,
    });
    cells.forEach((cell, column) => {
      const tag = column === 0 ? "th" : "td";
      line.append(el(tag, column === 0 ? { scope: "row" } : {}, ...contentOf(cell)));
    });
    if (correction)
      line.lastElementChild?.append(badge("person", S.corrected[correction], S.byPerson));
    this.#lines.set(String(index), line);
    return line;
  }

  /** @param {string} text a line that is no item */
  #quiet(text) {
    const span = S.columns[this.#task].length;
    return el("tr", {}, el("td", { class: "quiet", colspan: span }, text));
  }

  /** @param {Row} row */
  #matches({ group, cells }) {
    const words = this.#filter.value.normalize("NFKC").toLowerCase().split(/\s+/u);
    const text = [group, ...cells.map((cell) => cell.text)]
      .join(" ")
      .normalize("NFKC")
      .toLowerCase();
    return words.every((word) => text.includes(word));
  }

  /** Hides what does not match. */
  #choose() {
    this.#shown = 0;
    for (const [index, line] of this.#lines) {
      line.hidden = !this.#matches(this.rows[Number(index)]);
      if (!line.hidden) this.#shown += 1;
    }
    this.#tell();
  }

  /** Says how many rows there are. */
  #tell() {
    const all = this.#lines.size;
    const shown = this.#shown;
    this.#filter.hidden = all < FILTER_FROM && !this.#filter.value;
    const caption = S.caption(this.#task, all);
    this.#caption.textContent = shown < all ? S.shown(shown, caption) : caption;
    for (const body of this.#bodies.values()) {
      body.hidden = shown < all && !body.querySelector("tr[data-row]:not([hidden])");
    }
  }

  /** Up, down, and as the text has it. @param {number} column */
  #sort(column) {
    const { column: last, step } = this.#sorted;
    this.#sorted =
      column !== last
        ? { column, step: 1 }
        : step > 0
          ? { column, step: -1 }
          : { column: -1, step: 1 };
    this.#order();
  }

  #order() {
    const { column, step } = this.#sorted;
    all(this.table, "thead th").forEach((head, index) => {
      if (index === column) head.setAttribute("aria-sort", step > 0 ? "ascending" : "descending");
      else head.removeAttribute("aria-sort");
    });
    const order = [...this.#lines.keys()].sort((a, b) => {
      const [one, other] = [this.rows[Number(a)], this.rows[Number(b)]];
      const apart =
        column < 0 ? 0 : collator.compare(one.cells[column].text, other.cells[column].text);
      return apart * step || Number(a) - Number(b);
    });
    for (const index of order) {
      const line = this.#lines.get(index);
      if (line) this.#bodies.get(this.rows[Number(index)].group)?.append(line);
    }
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const lines = all(this.table, "tr[data-row]:not([hidden])");
    const at = lines.findIndex((line) => line === event.target);
    const next = at < 0 || !step ? undefined : lines[at + step];
    if (!next) return;
    event.preventDefault();
    next.focus();
  }
}

/** @param {Cell} cell @returns {Node[]} */
function contentOf({ text, status, kind, note }) {
  const parts = [el("span", { class: kind ? `word ${kind}` : null }, text)];
  if (note) parts.push(el("span", { class: "aside" }, note));
  if (status === "normalised") parts.push(badge(status, S.normalised, S.normalisedTitle));
  if (status === "inferred") parts.push(badge(status, S.inferred, S.inferredTitle));
  return parts;
}

/** @param {string} status @param {string} label @param {string} title */
const badge = (status, label, title) => el("span", { class: `badge ${status}`, title }, label);
