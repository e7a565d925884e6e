import assert from "node:assert/strict";
import test from "node:test";

import "../page.js";
import { KnowledgeTable } from "../../../static/js/answer/table.js";
import { located, rowsOf, triple } from "../rows.js";

/** @param {string} task @param {any} knowledge */
function tableOf(task, knowledge) {
  const table = new KnowledgeTable(task);
  table.replace(rowsOf(task, knowledge));
  document.body.replaceChildren(table.element);
  return table;
}

/** @param {string[]} heads */
const triples = (heads) => ({ triples: heads.map((head) => triple(head, "is", "x")) });

/** First words of the lines that are shown, headings and notes with them. @param {HTMLElement} element */
const shown = (element) =>
  [...element.querySelectorAll("tbody:not([hidden]) tr:not([hidden])")].map(
    (line) => line.querySelector("th span, td")?.textContent,
  );

/** @param {HTMLElement} element @param {number} column */
const sort = (element, column) =>
  /** @type {HTMLElement} */ (element.querySelectorAll("thead button")[column]).click();

/** @param {HTMLElement} element @param {string} words */
function filter(element, words) {
  const field = /** @type {HTMLInputElement} */ (element.querySelector(".filter"));
  field.value = words;
  field.dispatchEvent(new Event("input"));
}

/** @param {HTMLElement} element */
const caption = (element) => element.querySelector("caption")?.textContent;

test("numbers are sorted as numbers, equals stay in the text's order", () => {
  const { element } = tableOf("KE1", triples(["Nr 10", "nr 2", "Nr 2", "Nr 1"]));
  sort(element, 0);
  assert.deepEqual(shown(element), ["Nr 1", "nr 2", "Nr 2", "Nr 10"]);
  sort(element, 1); // all alike
  assert.deepEqual(shown(element), ["Nr 10", "nr 2", "Nr 2", "Nr 1"]);
});

const ENTITIES = {
  entities: {
    person: [located("Wang", 0), located("Ada", 9)],
    place: [located("Ulm", 20), located("Bonn", 30)],
  },
};

test("groups stay together when they are sorted", () => {
  const { element } = tableOf("KE2", ENTITIES);
  sort(element, 0);
  assert.deepEqual(shown(element), ["person", "Ada", "Wang", "place", "Bonn", "Ulm"]);
  sort(element, 0);
  assert.deepEqual(shown(element), ["person", "Wang", "Ada", "place", "Ulm", "Bonn"]);
});

test("rows that replace others are sorted as those were", () => {
  const table = tableOf("KE1", triples(["b", "a"]));
  sort(table.element, 0);
  table.replace(rowsOf("KE1", triples(["d", "c", "b"])));
  assert.deepEqual(shown(table.element), ["b", "c", "d"]);
});

test("the row that has the focus keeps it when rows are replaced", () => {
  const table = tableOf("KE1", triples(["a", "b"]));
  table.lineOf("1")?.focus();
  table.replace(rowsOf("KE1", triples(["a", "c"])));
  assert.equal(document.activeElement, table.lineOf("1"));
});

test("a filter takes rows with all its words, whatever their width and case", () => {
  const { element } = tableOf("KE1", {
    triples: [triple("Lu Xun", "born in", "绍兴"), triple("ＬＵ Ban", "born in", "Teng")],
  });
  for (const [words, heads] of /** @type {const} */ ([
    ["lu", ["Lu Xun", "ＬＵ Ban"]],
    ["TENG ｌｕ", ["ＬＵ Ban"]],
    ["lu 绍兴 born", ["Lu Xun"]],
    ["lu berlin", []],
    ["  ", ["Lu Xun", "ＬＵ Ban"]],
  ])) {
    filter(element, words);
    assert.deepEqual(shown(element), heads, words);
  }
});

test("a group is found by its name, and goes where none of its rows is left", () => {
  const { element } = tableOf("KE2", ENTITIES);
  filter(element, "PLACE");
  assert.deepEqual(shown(element), ["place", "Ulm", "Bonn"]);
  assert.equal(caption(element), "2 of 4 entities");
  filter(element, "");
  assert.equal(shown(element).length, 6);
  assert.equal(caption(element), "4 entities");
});

test("rows that come while a filter is on are filtered too", () => {
  const table = tableOf("KE1", triples(["a1"]));
  filter(table.element, "a");
  for (const row of rowsOf("KE1", triples(["b", "a2"]))) table.add(row);
  assert.deepEqual(shown(table.element), ["a1", "a2"]);
  assert.equal(caption(table.element), "2 of 3 triples");
});

test("an entity says which keys the text does not state, and that it has no facts", () => {
  const card = {
    entity: located("Ada", 0),
    facts: [{ key: "born", value: located("1815", 9), evidence: null }],
    not_stated: ["died"],
  };
  const bare = { entity: located("Bob", 30), facts: [] };
  const { element } = tableOf("KE3", [card, bare]);
  assert.deepEqual(shown(element), [
    "Ada",
    "born",
    "died: not stated in the text",
    "Bob",
    "No facts found",
  ]);
  assert.equal(caption(element), "1 fact");
});

test("arrow keys go over the rows that are shown, and no further", () => {
  const table = tableOf("KE1", triples(["a1", "b", "a2"]));
  filter(table.element, "a");
  const press = (/** @type {string} */ key) =>
    document.activeElement?.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
  const focused = () => document.activeElement?.querySelector(".word")?.textContent;
  table.lineOf("0")?.focus();
  press("ArrowDown");
  assert.equal(focused(), "a2");
  press("ArrowDown");
  assert.equal(focused(), "a2");
  press("ArrowUp");
  assert.equal(focused(), "a1");
});

test("a row goes by its number in the answer, however it is sorted", () => {
  const table = tableOf("KE1", triples(["b", "a"]));
  sort(table.element, 0);
  table.light(["1"]);
  const lit = /** @type {HTMLElement} */ (table.element.querySelector(".lit"));
  assert.equal(lit.querySelector(".word")?.textContent, "a");
  assert.deepEqual(table.rowsAt(lit.firstElementChild), ["1"]);
  assert.deepEqual(table.rowsAt(table.table), []);
});

test("what a text denies has a badge that says by which words", () => {
  const denied = { assertion: "negated", cue: { text: "not", start: 4, end: 7 } };
  const { element } = tableOf("KE1", {
    triples: [{ ...triple("a", "is", "x"), ...denied }, triple("b", "is", "x")],
  });
  const badges = [...element.querySelectorAll(".badge.negated")];
  assert.deepEqual(
    badges.map((badge) => [badge.textContent, badge.getAttribute("title")]),
    [["denied", "The text says: not"]],
  );
});
