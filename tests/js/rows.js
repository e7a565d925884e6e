// Pieces of answers as the server sends them, and the rows that they become.

import "./page.js";
import { RowMaker } from "../../static/js/core/rows.js";

/** @import {Row} from "../../static/js/types" */

/** @param {string} task @param {any} knowledge @returns {Row[]} */
export const rowsOf = (task, knowledge) => new RowMaker(task).ofKnowledge(knowledge);

/**
 * A string and its place, where it has one.
 * @param {string} text
 * @param {number | null} [start]
 */
export function located(text, start = null) {
  const end = start === null ? null : start + [...text].length;
  return { text, start, end, status: start === null ? "inferred" : "verbatim" };
}

/**
 * @param {string} head
 * @param {string} relation
 * @param {string} tail
 */
export function triple(head, relation, tail) {
  return { head: located(head), relation, tail: located(tail), evidence: null };
}
