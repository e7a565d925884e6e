// The source text with its spans marked.

import { codePointOffsets } from "../core/code-points.js";
import { all, el } from "../core/dom.js";

/** @import {Piece, Row} from "../types" */

export class SourceText {
  #text;
  #offsets;
  /** @type {Row[]} */
  #rows = [];
  #frame = 0;

  /** @param {string} text */
  constructor(text) {
    this.#text = text;
    this.#offsets = codePointOffsets(text);
    const lang = /\p{Script=Han}/u.test(text) ? "zh" : null;
    // A long text scrolls, and what scrolls must be reachable by keyboard.
    this.element = el("div", { class: "source", tabindex: 0, lang }, text);
  }

  /** @param {Row[]} rows */
  mark(rows) {
    this.#rows = rows;
    // Items may come in bursts; the text is built anew at most once a frame.
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.element.replaceChildren(this.#build());
    });
  }

  /** @param {EventTarget | null} target @returns {string[]} */
  rowsAt(target) {
    const mark = target instanceof Element ? target.closest("mark") : null;
    return mark?.dataset.rows?.split(" ") ?? [];
  }

  /** @param {string[]} rows */
  light(rows) {
    for (const lit of all(this.element, ".lit")) lit.classList.remove("lit");
    for (const mark of this.#marksOf(rows)) mark.classList.add("lit");
  }

  /** @param {string} row brings its first mark into view */
  show(row) {
    this.#marksOf([row])[0]?.scrollIntoView({ block: "nearest" });
  }

  /** @param {string[]} rows */
  #marksOf(rows) {
    const selector = rows.map((row) => `mark[data-rows~="${row}"]`).join(",");
    return selector ? all(this.element, selector) : [];
  }

  /** @param {{start: number, end: number}} span */
  #inside({ start, end }) {
    return 0 <= start && start < end && end < this.#offsets.length;
  }

  /** @returns {Piece[]} the spans of all rows, equal ones joined, outer before inner */
  #pieces() {
    /** @type {Map<string, Piece>} */
    const pieces = new Map();
    this.#rows.forEach((row, index) => {
      for (const span of row.spans.filter((one) => this.#inside(one))) {
        const key = `${span.start}-${span.end}`;
        const piece = pieces.get(key) ?? {
          start: span.start,
          end: span.end,
          kinds: new Set(),
          labels: new Set(),
          rows: new Set(),
        };
        piece.kinds.add(span.kind);
        piece.labels.add(span.label);
        piece.rows.add(index);
        pieces.set(key, piece);
      }
    });
    return [...pieces.values()].sort(order);
  }

  /** Marks inside marks where spans nest; where they cross, the later one is cut in two. */
  #build() {
    const root = document.createDocumentFragment();
    /** @type {{end: number, node: Node}[]} */
    const open = [];
    let at = 0;
    const write = (/** @type {number} */ to) => {
      const inner = open.at(-1)?.node ?? root;
      if (to > at) inner.appendChild(new Text(this.#slice(at, to)));
      at = Math.max(at, to);
    };
    const closeUntil = (/** @type {number} */ start) => {
      for (let top = open.at(-1); top && top.end <= start; top = open.at(-1)) {
        write(top.end);
        open.pop();
      }
    };
    const queue = this.#pieces();
    for (let piece = queue.shift(); piece; piece = queue.shift()) {
      closeUntil(piece.start);
      const outer = open.at(-1);
      let end = piece.end;
      if (outer && outer.end < end) {
        end = outer.end;
        insert(queue, { ...piece, start: end });
      }
      write(piece.start);
      const node = markOf(piece);
      (outer?.node ?? root).appendChild(node);
      open.push({ end, node });
    }
    closeUntil(Infinity);
    write(this.#offsets.length - 1);
    return root;
  }

  /** @param {number} start @param {number} end */
  #slice(start, end) {
    return this.#text.slice(this.#offsets[start], this.#offsets[end]);
  }
}

/** @param {Piece} a @param {Piece} b */
const order = (a, b) => a.start - b.start || b.end - a.end;

/** @param {Piece[]} queue sorted @param {Piece} piece */
function insert(queue, piece) {
  const index = queue.findIndex((other) => order(piece, other) < 0);
  queue.splice(index < 0 ? queue.length : index, 0, piece);
}

/** @param {Piece} piece */
function markOf({ kinds, labels, rows }) {
  return el("mark", {
    class: [...kinds].join(" "),
    title: [...labels].join(" · "),
    "data-rows": [...rows].join(" "),
  });
}
