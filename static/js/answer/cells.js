// What a cell of the table shows: its words, what they mean, and how surely they stand in the text.

import { el } from "../core/dom.js";
import { t } from "../core/wording.js";

/** @import {Cell} from "../types" */

/** @param {Cell} cell @returns {Node[]} */
export function contentOf({ text, status, kind, note }) {
  const parts = [el("span", { class: kind ? `word ${kind}` : null }, text)];
  if (note) parts.push(el("span", { class: "aside" }, note));
  if (status === "normalised")
    parts.push(
      badge(status, t("knowledge.status.normalised"), t("knowledge.status_note.normalised")),
    );
  if (status === "inferred")
    parts.push(badge(status, t("knowledge.status.inferred"), t("knowledge.status_note.inferred")));
  return parts;
}

/** @param {string} status @param {string} label @param {string} title */
export const badge = (status, label, title) =>
  el("span", { class: `badge ${status}`, title }, label);
