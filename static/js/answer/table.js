// The knowledge of one answer as a table that grows row by row, can be sorted and filtered.

import { all, el } from "../core/dom.js";
import { columnsOf } from "../core/rows.js";
import { t, tOf } from "../core/wording.js";
import { badge, contentOf } from "./cells.js";
import { Sorting } from "./sorting.js";

/** @import {Row} from "../types" */

const FILTER_FROM = 8; // rows; fewer are seen at a glance
/** Below this width a scrolling table would take the view that was used out of sight. */
const BESIDE = matchMedia("(min-width: 60rem)");

export class KnowledgeTable {
  /** @type {Row[]} */
  rows = [];
  #task;
  #caption = el("caption");
  #filter = el("input", {
    type: "search",
    class: "filter",
    placeholder: t("page.table.filter"),
    "aria-label": t("page.table.filter"),
    hidden: true,
  });
  /** @type {Map<string, HTMLTableSectionElement>} */
  #bodies = new Map();
  /** @type {Map<string, HTMLElement>} */
  #lines = new Map();
  /** How many rows the filter leaves. */
  #shown = 0;
  #sorting;

  /** For what is not an item yet: the form of a new one. */
  #foot = el("tfoot");
  /** What `hold` keeps, in a row of its own. */
  #held = el("tr", { class: "editing" });
  /** The row that it stands below. @type {number | null} */
  #heldBelow = null;
  #onFilter;

  /**
   * @param {string} task
   * @param {() => void} [onFilter] called when the filter shows other rows than before
   */
  constructor(task, onFilter = () => {}) {
    this.#task = task;
    this.#onFilter = onFilter;
    this.#sorting = new Sorting(columnsOf(task), () => this.#order());
    this.table = el(
      "table",
      { class: `knowledge ${task}` },
      this.#caption,
      this.#sorting.head,
      this.#foot,
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
      line.hidden = !matches(row, this.#filter.value);
      if (!line.hidden) this.#shown += 1;
      body.append(line);
    } else body.append(this.#quiet(t("knowledge.no_facts")));
    for (const key of row.missing ?? [])
      body.append(this.#quiet(t("page.table.not_stated", { key })));
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
    if (this.#sorting.sorted) this.#order();
    this.element.hidden = rows.length === 0;
    if (at !== undefined) this.lineOf(at)?.focus();
  }

  /**
   * Keeps an element in a row of its own, until the rows are replaced.
   * @param {HTMLElement | null} element null removes it
   * @param {number | null} below the row that it stands below; null: all of them
   */
  hold(element, below) {
    this.#held.remove();
    this.element.hidden = this.rows.length === 0 && !element;
    if (!element) return;
    this.#heldBelow = below;
    const span = columnsOf(this.#task).length;
    if (!element.isConnected) this.#held.replaceChildren(el("td", { colspan: span }, element));
    const line = below === null ? undefined : this.lineOf(String(below));
    if (line) line.after(this.#held);
    else this.#foot.append(this.#held);
  }

  /**
   * Brings a row into sight, past the filter, and focuses it.
   * @param {number} index
   * @returns {boolean} whether there is such a row
   */
  focus(index) {
    const line = this.lineOf(String(index));
    if (line?.hidden) {
      this.#filter.value = "";
      this.#choose();
    }
    line?.focus();
    return line !== undefined;
  }

  /** The rows that the filter leaves, as they stand below each other. */
  inSight() {
    return this.#linesInSight().map((line) => this.rows[Number(line.dataset.row)]);
  }

  /** All rows; of those that the filter hides nothing is marked or drawn. @returns {Row[]} */
  get shown() {
    if (!this.#filter.value) return this.rows;
    const hidden = (/** @type {number} */ index) => this.lineOf(String(index))?.hidden;
    return this.rows.map((row, index) =>
      hidden(index) ? { ...row, spans: [], link: undefined } : row,
    );
  }

  #linesInSight() {
    return all(this.table, "tr[data-row]:not([hidden])");
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

  /** @param {string} row comes into sight where the views stand beside each other */
  show(row) {
    if (BESIDE.matches) this.lineOf(row)?.scrollIntoView({ block: "nearest" });
  }

  /** @param {Row} row */
  #bodyOf({ group, groupKind, aliases }) {
    const known = this.#bodies.get(group);
    if (known) return known;
    const body = el("tbody");
    if (group) {
      const span = columnsOf(this.#task).length;
      const name = el("span", { class: `tag ${groupKind}` }, group);
      const head = el("th", { scope: "rowgroup", colspan: span }, name);
      const others = (aliases ?? []).map((alias) => alias.text);
      if (others.length > 0)
        head.append(
          el(
            "span",
            { class: "aside" },
            t("page.table.also", { name: others.join(t("knowledge.comma")) }),
          ),
        );
      body.append(el("tr", { class: "group" }, head));
    }
    this.#bodies.set(group, body);
    this.#foot.before(body);
    return body;
  }

  /** @param {Row} row @param {number} index */
  #line({ cells, confidence, correction, assertion, cue }, index) {
    // One tab stop a table; the arrow keys go from row to row.
    const line = el("tr", {
      "data-row": index,
      tabindex: this.#lines.size === 0 ? 0 : -1,
      title:
        typeof confidence === "number"
          ? t("page.table.confidence", { percent: Math.round(100 * confidence) })
          : null,
    });
    cells.forEach((cell, column) => {
      const tag = column === 0 ? "th" : "td";
      line.append(el(tag, column === 0 ? { scope: "row" } : {}, ...contentOf(cell)));
    });
    if (assertion)
      line.lastElementChild?.append(
        badge(
          assertion,
          tOf("knowledge.assertion", assertion),
          cue ? t("knowledge.cue", { cue }) : "",
        ),
      );
    if (correction)
      line.lastElementChild?.append(
        badge("person", tOf("knowledge.correction", correction), t("knowledge.by_person")),
      );
    this.#lines.set(String(index), line);
    return line;
  }

  /** @param {string} text a line that is no item */
  #quiet(text) {
    const span = columnsOf(this.#task).length;
    return el("tr", {}, el("td", { class: "quiet", colspan: span }, text));
  }

  /** Hides what does not match. */
  #choose() {
    this.#shown = 0;
    for (const [index, line] of this.#lines) {
      line.hidden = !matches(this.rows[Number(index)], this.#filter.value);
      if (!line.hidden) this.#shown += 1;
    }
    this.#tell();
    this.#onFilter();
  }

  /** Says how many rows there are. */
  #tell() {
    const all = this.#lines.size;
    const shown = this.#shown;
    this.#filter.hidden = all < FILTER_FROM && !this.#filter.value;
    const caption = tOf("knowledge.count", this.#task, { count: all });
    this.#caption.textContent =
      shown < all ? t("page.table.shown", { count: shown, caption }) : caption;
    for (const body of this.#bodies.values()) {
      body.hidden = shown < all && !body.querySelector("tr[data-row]:not([hidden])");
    }
  }

  #order() {
    for (const index of this.#sorting.order(this.rows)) {
      const line = this.#lines.get(String(index));
      if (line) this.#bodies.get(this.rows[index].group)?.append(line);
    }
    if (this.#held.isConnected && this.#heldBelow !== null) {
      this.lineOf(String(this.#heldBelow))?.after(this.#held);
    }
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const lines = this.#linesInSight();
    const at = lines.findIndex((line) => line === event.target);
    const next = at < 0 || !step ? undefined : lines[at + step];
    if (!next) return;
    event.preventDefault();
    next.focus();
  }
}

/** Whether a row has all the words. @param {Row} row @param {string} words */
function matches({ group, cells }, words) {
  const plain = (/** @type {string} */ text) => text.normalize("NFKC").toLowerCase();
  const text = plain([group, ...cells.map((cell) => cell.text)].join(" "));
  return plain(words)
    .split(/\s+/u)
    .every((word) => text.includes(word));
}
