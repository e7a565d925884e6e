import assert from "node:assert/strict";
import test from "node:test";

import "../page.js";
import { RowMaker, counted, stringsOf, toTsv } from "../../../static/js/core/rows.js";
import { located, rowsOf, triple } from "../rows.js";

/** @import {Row} from "../../../static/js/types" */

/** @param {Row} row */
const texts = ({ cells }) => cells.map((cell) => cell.text);

const BIRTH = {
  head: located("鲁迅", 0),
  relation: "出生地",
  tail: located("绍兴", 4),
  evidence: { start: 0, end: 7 },
  confidence: 0.9,
  correction: "edit",
};

test("a triple is a row with a link", () => {
  const [row] = rowsOf("KE1", { triples: [BIRTH] });
  assert.deepEqual(texts(row), ["鲁迅", "出生地", "绍兴"]);
  assert.deepEqual(row.spans, [
    { start: 0, end: 2, kind: "head", label: "head" },
    { start: 4, end: 6, kind: "tail", label: "tail" },
  ]);
  assert.deepEqual(row.link, {
    from: "鲁迅",
    name: "出生地",
    to: "绍兴",
    evidence: { start: 0, end: 7 },
  });
  assert.deepEqual([row.confidence, row.correction], [0.9, "edit"]);
});

test("a string that is not in the text has no span", () => {
  const row = new RowMaker("KE1").ofItem({ ...BIRTH, tail: located("浙江") });
  assert.deepEqual(row.spans, [{ start: 0, end: 2, kind: "head", label: "head" }]);
  assert.equal(row.cells[2].status, "inferred");
});

test("the items that stream in become the rows that the answer has", () => {
  const person = { ...located("鲁迅", 0), mentions: [[0, 2]] };
  const fact = { key: "born", value: located("1881", 3), evidence: null };
  const entity = located("鲁迅", 0);
  for (const [task, item, knowledge] of /** @type {const} */ ([
    ["KE1", BIRTH, { triples: [BIRTH] }],
    ["KE2", { class: "人物", ...person }, { entities: { 人物: [person] } }],
    ["KE3", { entity, ...fact }, { entity, facts: [fact] }],
  ])) {
    const [row] = rowsOf(task, knowledge);
    const { aliases, missing, ...rest } = row;
    assert.deepEqual(new RowMaker(task).ofItem(item), rest, task);
  }
});

test("an entity is marked wherever it is mentioned", () => {
  const mentions = [
    [0, 2],
    [9, 11],
  ];
  const entities = {
    人物: [{ ...located("鲁迅", 0), mentions }, located("周作人", 20)],
    地点: [located("绍兴")],
  };
  const rows = rowsOf("KE2", { entities });
  assert.deepEqual(
    rows.map((row) => [row.group, ...texts(row)]),
    [
      ["人物", "鲁迅", "2"],
      ["人物", "周作人", "1"],
      ["地点", "绍兴", "–"],
    ],
  );
  assert.deepEqual(
    rows.map((row) => row.spans.map(({ start, end, label }) => [start, end, label])),
    [
      [
        [0, 2, "人物"],
        [9, 11, "人物"],
      ],
      [[20, 23, "人物"]],
      [],
    ],
  );
});

/** @param {string[]} names @returns {string[]} */
function colours(names) {
  const entities = Object.fromEntries(names.map((name) => [name, [located("x", 0)]]));
  return rowsOf("KE2", { entities }).map((row) => row.groupKind);
}

test("a class that is known by name has its own colour in both languages", () => {
  assert.deepEqual(colours(["人物", "时间"]), colours(["Person", "date"]));
  assert.deepEqual(colours(["时间", "人物"]), colours(["人物", "时间"]).reverse());
});

test("other classes take free colours, as long as there are any", () => {
  const others = colours(Array.from({ length: 9 }, (_, i) => `class ${i}`));
  assert.equal(new Set(others).size, 8);
  assert.equal(others[8], others[0]);
  assert.ok(
    !colours(["person", "gene"])
      .slice(1)
      .includes(colours(["person"])[0]),
  );
});

test("a class keeps its colour from item to item", () => {
  const maker = new RowMaker("KE2");
  const kinds = ["gene", "protein", "gene"].map(
    (name) => maker.ofItem({ class: name, ...located("x", 0) }).groupKind,
  );
  assert.equal(kinds[0], kinds[2]);
  assert.notEqual(kinds[0], kinds[1]);
});

const CARD = {
  entity: located("鲁迅", 0),
  facts: [
    { key: "born", value: located("1881", 10), evidence: null },
    { key: "home", value: located("绍兴", 15), evidence: null },
  ],
  aliases: [located("周树人", 3)],
  not_stated: ["died"],
};

test("the first fact of an entity has its other names and what was not stated", () => {
  const [first, second] = rowsOf("KE3", CARD);
  assert.deepEqual(
    first.spans.map(({ start, kind, label }) => [start, kind, label]),
    [
      [0, "entity", "entity"],
      [10, "value", "born"],
      [3, "entity", "also 周树人"],
    ],
  );
  assert.deepEqual([first.aliases, first.missing], [CARD.aliases, ["died"]]);
  assert.deepEqual(
    [second.aliases, second.missing, second.spans.length],
    [undefined, undefined, 2],
  );
  assert.deepEqual(second.link, { from: "鲁迅", name: "home", to: "绍兴", evidence: null });
});

test("several entities come one after the other, one without facts as a row that counts for none", () => {
  const bare = { entity: located("许广平", 20), facts: [], not_stated: ["born"] };
  const none = { entity: null, facts: [] };
  const rows = rowsOf("KE3", [CARD, bare, none]);
  assert.deepEqual(
    rows.map((row) => row.group),
    ["鲁迅", "鲁迅", "许广平"],
  );
  assert.deepEqual(rows[2].missing, ["born"]);
  assert.deepEqual(counted(rows), rows.slice(0, 2));
});

test("what a date or quantity means is noted where it is written otherwise", () => {
  const noteOf = (/** @type {string} */ text, /** @type {any} */ normalised) => {
    const value = { ...located(text, 0), normalised };
    const row = new RowMaker("KE3").ofItem({ entity: located("x"), key: "k", value });
    return row.cells[1].note;
  };
  assert.equal(noteOf("1881年9月25日", { date: "1881-09-25" }), "1881-09-25");
  assert.equal(
    noteOf("约三千万元", { number: 30000000, unit: "元", approximate: true }),
    "≈ 30000000 元",
  );
  assert.equal(noteOf("三", { number: 3 }), "3");
  assert.equal(noteOf("1881", { date: "1881" }), "");
  assert.equal(noteOf("绍兴", undefined), "");
});

test("an item says what its task asks for, without what is counted or noted", () => {
  const dated = { ...located("1881", 3), normalised: { date: "1881-09-25" } };
  for (const [task, knowledge, strings] of /** @type {const} */ ([
    ["KE1", { triples: [BIRTH] }, ["鲁迅", "出生地", "绍兴"]],
    ["KE2", { entities: { 人物: [located("鲁迅", 0)] } }, ["人物", "鲁迅"]],
    [
      "KE3",
      { entity: located("鲁迅", 0), facts: [{ key: "born", value: dated }] },
      ["鲁迅", "born", "1881"],
    ],
  ])) {
    assert.deepEqual(stringsOf(task, rowsOf(task, knowledge)[0]), strings, task);
  }
});

test("rows become lines of as many cells as their head has", () => {
  const tsv = (/** @type {string} */ task, /** @type {any} */ knowledge) =>
    toTsv(task, rowsOf(task, knowledge));
  assert.equal(
    tsv("KE1", { triples: [triple("a\tb", "is\r\n\tin", "c")] }),
    "Head\tRelation\tTail\na b\tis in\tc",
  );
  assert.equal(
    tsv("KE2", { entities: { person: [located("Ada", 0)] } }),
    "Class\tEntity\tMentions\nperson\tAda\t1",
  );
  assert.equal(
    tsv("KE3", [CARD, { entity: located("许广平"), facts: [] }]),
    "Entity\tKey\tValue\n鲁迅\tborn\t1881\n鲁迅\thome\t绍兴",
  );
});

test("what the text does not state is marked, with its words", () => {
  const cue = { text: "不是", start: 2, end: 4 };
  const [row] = rowsOf("KE1", { triples: [{ ...BIRTH, assertion: "negated", cue }] });
  assert.deepEqual([row.assertion, row.cue], ["negated", "不是"]);
  const entity = located("鲁迅", 0);
  const planned = { key: "born", value: located("1881", 3), evidence: null, assertion: "planned" };
  const [fact] = rowsOf("KE3", { entity, facts: [planned] });
  assert.deepEqual([fact.assertion, fact.cue], ["planned", undefined]);
});

test("stated items, and those of older answers, have no mark", () => {
  const [stated] = rowsOf("KE1", { triples: [{ ...BIRTH, assertion: "stated" }] });
  const [old] = rowsOf("KE1", { triples: [BIRTH] });
  assert.deepEqual(stated, old);
  assert.equal("assertion" in old, false);
});

test("copied rows have a column of assertions where not all are stated", () => {
  const rows = rowsOf("KE1", { triples: [BIRTH, { ...BIRTH, assertion: "negated" }] });
  assert.equal(
    toTsv("KE1", rows),
    "Head\tRelation\tTail\tAssertion\n鲁迅\t出生地\t绍兴\tstated\n鲁迅\t出生地\t绍兴\tdenied",
  );
  assert.equal(toTsv("KE1", rows.slice(0, 1)).includes("Assertion"), false);
});
