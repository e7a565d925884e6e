// The page's texts and forms of numbers, in the language that the server chose. The texts come with
// the page, from the tables of `wording/`.

import { byId } from "./dom.js";

/** @typedef {keyof typeof import("../../../wording/en/page.json")} PageKey */
/** @typedef {keyof typeof import("../../../wording/en/knowledge.json")} KnowledgeKey */
/** @typedef {`page.${PageKey}` | `knowledge.${KnowledgeKey}`} Key */
/** @typedef {string | {one?: string, other: string}} Text with the forms of a number, where it has any */
/** @typedef {Record<string, string | number>} Values */

export const LANG = document.documentElement.lang === "zh" ? "zh" : "en";

/** @type {{texts: Record<string, Text>, presets?: Record<string, Record<string, string>>}} */
const tables = JSON.parse(byId("wording", HTMLScriptElement).textContent ?? "");

/** The sets of labels on offer, by language; that of the page comes first. */
export const PRESETS = tables.presets ?? {};

const numbers = new Intl.NumberFormat(LANG);

/** @param {number} n */
export const number = (n) => numbers.format(n);

/**
 * The text of a key; the value `count` chooses the form of the number.
 * @param {Key} key
 * @param {Values} [values] of its placeholders
 */
export const t = (key, values) => filled(tables.texts[key], values);

/**
 * The text of a name that the server gave: a state, an error code, a reason.
 * @param {string} group the part of the key before the name
 * @param {string} name
 * @param {Values} [values]
 * @param {string} [otherwise] for a name that the table does not have
 */
export function tOf(group, name, values, otherwise = name) {
  const entry = tables.texts[`${group}.${name}`];
  return entry === undefined ? otherwise : filled(entry, values);
}

/** @param {Text} entry @param {Values} [values] */
export function filled(entry, values = {}) {
  const form = values.count === 1 ? "one" : "other";
  const text = typeof entry === "string" ? entry : (entry[form] ?? entry.other);
  return text.replace(/\{(\w+)\}/g, (_, name) => {
    const value = values[name];
    return typeof value === "number" ? number(value) : value;
  });
}

/** Time of day, with the day if it is not today. @param {Date} when */
export const timeOf = (when) =>
  new Intl.DateTimeFormat(
    LANG,
    when.toDateString() === new Date().toDateString()
      ? { timeStyle: "short" }
      : { dateStyle: "medium", timeStyle: "short" },
  ).format(when);

/** @param {number} ms */
export const secondsOf = (ms) =>
  t("page.seconds", { seconds: (ms / 1000).toFixed(ms < 10_000 ? 1 : 0) });
