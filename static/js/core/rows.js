// Turns the server's items and knowledge into rows, all that table, marks and export know.

import { t, tOf } from "./wording.js";

/** @import {Cell, Located, Row, Span} from "../types" */

/** Classes that have a colour of their own; others take the next free one. */
const CLASS_COLOURS = [
  ["人物", "person"],
  ["地点", "place", "location"],
  ["机构", "组织", "organisation", "organization"],
  ["时间", "日期", "time", "date"],
  ["作品", "work"],
  ["事件", "event"],
  ["产品", "product"],
];
const COLOURS = 8;

/** @type {Record<string, string[]>} */
const COLUMNS = {
  KE1: ["head", "relation", "tail"],
  KE2: ["entity", "mentions"],
  KE3: ["key", "value"],
};
/** What the rows of a task are grouped by. @type {Record<string, string>} */
const GROUPS = { KE2: "class", KE3: "entity" };

/** The name of a field of an item. @param {string} field */
export const fieldName = (field) => tOf("knowledge.field", field);

/** The names of a table's columns. @param {string} task */
export const columnsOf = (task) => COLUMNS[task].map(fieldName);

/** Rows of one answer; remembers which class got which colour. */
export class RowMaker {
  /** @type {Map<string, string>} */
  #kinds = new Map();

  /** @param {string} task */
  constructor(task) {
    this.task = task;
  }

  /**
   * @param {any} item data of one `item` event
   */
  ofItem(item) {
    if (this.task === "KE1") return triple(item);
    if (this.task === "KE2") return this.#entity(item.class, item);
    return fact(item.entity, item);
  }

  /**
   * @param {any} knowledge field of the `done` event
   */
  ofKnowledge(knowledge) {
    if (this.task === "KE1") return knowledge.triples.map(triple);
    if (this.task === "KE2") {
      return Object.entries(knowledge.entities).flatMap(([name, entities]) =>
        entities.map((/** @type {any} */ entity) => this.#entity(name, entity)),
      );
    }
    return [knowledge].flat().flatMap(({ entity, facts, aliases, not_stated }) => {
      if (!entity) return [];
      const rows = facts.map((/** @type {any} */ one) => fact(entity, one));
      if (rows.length === 0) rows.push(factless(entity));
      for (const alias of aliases ?? []) {
        rows[0].spans.push(...span(alias, "entity", t("page.table.also", { name: alias.text })));
      }
      return [{ ...rows[0], aliases, missing: not_stated }, ...rows.slice(1)];
    });
  }

  /** @param {string} name @param {any} entity @returns {Row} */
  #entity(name, entity) {
    const kind = this.#kindOf(name);
    /** @type {[number, number][]} */
    const mentions = entity.mentions ?? [];
    const spans = mentions.map(([start, end]) => ({ start, end, kind, label: name }));
    if (spans.length === 0) spans.push(...span(entity, kind, name));
    return {
      group: name,
      groupKind: kind,
      cells: [
        { text: entity.text, status: entity.status, kind },
        { text: spans.length > 0 ? String(spans.length) : "–" },
      ],
      spans,
      confidence: entity.confidence,
      correction: entity.correction,
    };
  }

  /** @param {string} name */
  #kindOf(name) {
    const known = this.#kinds.get(name);
    if (known) return known;
    const taken = new Set(this.#kinds.values());
    const own = CLASS_COLOURS.findIndex((names) => names.includes(name.toLowerCase()));
    const free = Array.from({ length: COLOURS }, (_, i) => COLOURS - 1 - i).find(
      (i) => !taken.has(`class-${i}`),
    );
    const kind = `class-${own >= 0 ? own : (free ?? COLOURS - 1)}`;
    this.#kinds.set(name, kind);
    return kind;
  }
}

/** @param {any} triple @returns {Row} */
function triple({ head, relation, tail, evidence, confidence, correction, assertion, cue }) {
  return {
    group: "",
    groupKind: "",
    cells: [
      { text: head.text, status: head.status, kind: "head" },
      { text: relation },
      { text: tail.text, status: tail.status, kind: "tail", note: meaningOf(tail) },
    ],
    spans: [
      ...span(head, "head", t("knowledge.mark.head")),
      ...span(tail, "tail", t("knowledge.mark.tail")),
    ],
    link: { from: head.text, name: relation, to: tail.text, evidence },
    confidence,
    correction,
    ...unstated(assertion, cue),
  };
}

/** @param {Located} entity @param {any} fact @returns {Row} */
function fact(entity, { key, value, evidence, confidence, correction, assertion, cue }) {
  const row = factless(entity);
  return {
    ...row,
    cells: [
      { text: key },
      { text: value.text, status: value.status, kind: "value", note: meaningOf(value) },
    ],
    spans: [...row.spans, ...span(value, "value", key)],
    link: { from: entity.text, name: key, to: value.text, evidence },
    confidence,
    correction,
    ...unstated(assertion, cue),
  };
}

/** @param {Located} entity @returns {Row} */
function factless(entity) {
  return {
    group: entity.text,
    groupKind: "entity",
    cells: [],
    spans: span(entity, "entity", t("knowledge.mark.entity")),
  };
}

/**
 * What the text does with an item that it does not state; answers of older servers state all.
 * @param {string | undefined} assertion
 * @param {{text: string} | undefined} cue
 */
const unstated = (assertion, cue) =>
  assertion && assertion !== "stated" ? { assertion, cue: cue?.text } : {};

/** A date or quantity in the form that computers read, where it is written otherwise. */
const meaningOf = (/** @type {any} */ { text, normalised }) => {
  if (!normalised) return "";
  const { date, number, unit, approximate } = normalised;
  const plain = date ?? [number, unit].filter((part) => part !== undefined).join(" ");
  return plain === text ? "" : (approximate ? "≈ " : "") + plain;
};

/**
 * @param {Located} located
 * @param {string} kind
 * @param {string} label
 * @returns {Span[]} none for a string that does not stand in the text
 */
function span({ start, end }, kind, label) {
  return start === null || end === null ? [] : [{ start, end, kind, label }];
}

/** Rows that carry knowledge; an entity without facts is shown, but is none. */
export const counted = (/** @type {Row[]} */ rows) => rows.filter((row) => row.cells.length > 0);

/**
 * What an item says, in the order of its fields.
 * @param {string} task
 * @param {Row} row
 */
export function stringsOf(task, { group, cells }) {
  const texts = cells.map((cell) => cell.text);
  if (task === "KE1") return texts;
  return task === "KE2" ? [group, texts[0]] : [group, ...texts];
}

/**
 * The rows as tab separated values under a line of column names; with a column of assertions where
 * not all rows are stated.
 * @param {string} task
 * @param {Row[]} rows
 */
export function toTsv(task, rows) {
  const group = GROUPS[task] ? fieldName(GROUPS[task]) : "";
  const columns = columnsOf(task);
  const marked = rows.some(({ assertion }) => assertion);
  const lines = counted(rows).map((row) => {
    const cells = row.cells.map((cell) => cell.text);
    if (marked) cells.push(tOf("knowledge.assertion", row.assertion ?? "stated"));
    return group ? [row.group, ...cells] : cells;
  });
  if (marked) columns.push(fieldName("assertion"));
  return [group ? [group, ...columns] : columns, ...lines]
    .map((cells) => cells.map((cell) => cell.replace(/[\t\r\n]+/g, " ")).join("\t"))
    .join("\n");
}
