import assert from "node:assert/strict";
import test from "node:test";

import "../page.js";
import { bestConnected, elementsOf } from "../../../static/js/graph/elements.js";
import { statementsOf } from "../../../static/js/graph/combined.js";
import { located, rowsOf, triple } from "../rows.js";

/** @import {Row} from "../../../static/js/types" */

/** @param {...[string, string, string]} triples */
const stated = (...triples) =>
  rowsOf("KE1", { triples: triples.map((strings) => triple(...strings)) });

test("spellings of one string are one node, under the first of them", () => {
  const { nodes, edges } = elementsOf(
    stated(["Lu Xun", "born in", "绍兴"], ["ＬＵ  XUN", "wrote", "狂人日记"]),
  );
  assert.deepEqual(
    nodes.map(({ data }) => data.label),
    ["Lu Xun", "绍兴", "狂人日记"],
  );
  const ids = new Set(nodes.map(({ data }) => data.id));
  for (const { data } of edges) assert.ok(ids.has(data.source) && ids.has(data.target));
  assert.equal(edges[0].data.source, edges[1].data.source);
});

test("what is a head anywhere is drawn as one, before or after it is a tail", () => {
  const classes = (/** @type {Row[]} */ rows) =>
    Object.fromEntries(elementsOf(rows).nodes.map((node) => [node.data.label, node.classes]));
  assert.deepEqual(classes(stated(["a", "r", "b"], ["b", "r", "c"])), {
    a: "head",
    b: "head",
    c: "tail",
  });
  assert.deepEqual(classes(stated(["b", "r", "c"], ["a", "r", "b"])), {
    a: "head",
    b: "head",
    c: "tail",
  });
});

test("an edge knows its row by the row's number among all, with links or without", () => {
  const [first, second] = stated(["a", "one", "b"], ["b", "two", "a"]);
  const { edges } = elementsOf([first, { ...first, link: undefined }, second]);
  assert.deepEqual(
    edges.map(({ data }) => [data.name, data.row]),
    [
      ["one", "0"],
      ["two", "2"],
    ],
  );
});

test("an edge with a string that the text does not have is marked", () => {
  const [row] = stated(["a", "r", "b"]);
  const stands = (/** @type {string} */ status) => ({
    ...row,
    cells: row.cells.map((cell) => ({ ...cell, status })),
  });
  assert.deepEqual(
    elementsOf([stands("verbatim"), stands("inferred")]).edges.map(({ classes }) => classes),
    ["", "inferred"],
  );
});

test("of too many nodes the best connected are drawn, with what lies between them", () => {
  const star = Array.from({ length: 6 }, (_, i) => [`leaf ${i}`, "of", "hub"]);
  const pairs = Array.from({ length: 9 }, (_, i) => [`a${i}`, "near", `b${i}`]);
  const all = elementsOf(
    stated(.../** @type {[string, string, string][]} */ ([...pairs, ...star])),
  );
  assert.equal(all.nodes.length, 25);
  const few = bestConnected(all, 7);
  assert.deepEqual(
    new Set(few.nodes.map(({ data }) => data.label)),
    new Set(["hub", ...star.map(([leaf]) => leaf)]),
  );
  assert.equal(few.edges.length, 6);
  const more = bestConnected(all, 9);
  assert.deepEqual([more.nodes.length, more.edges.length], [9, 7]); // and one whole pair
  assert.deepEqual(bestConnected(all, 25), all);
});

/** An answer whose rows are all stated by one sentence. @param {string} quote @param {Row[]} rows */
const answer = (quote, rows) => ({ rows, quotes: () => [quote] });

test("what several answers state is one statement with the sentences of each", () => {
  const one = stated(["Lu Xun", "born in", "绍兴"], ["Lu Xun", "wrote", "狂人日记"]);
  const other = stated(["lu xun", "Born in", "绍兴"], ["绍兴", "born in", "Lu Xun"]);
  const merged = statementsOf([answer("A.", one), answer("B.", other), answer("A.", one)]);
  assert.deepEqual(
    [...merged].map(([{ link }, quotes]) => [link?.from, link?.name, link?.to, quotes]),
    [
      ["Lu Xun", "born in", "绍兴", ["A.", "B."]],
      ["Lu Xun", "wrote", "狂人日记", ["A."]],
      ["绍兴", "born in", "Lu Xun", ["B."]],
    ],
  );
});

test("strings that run into each other are not taken for one statement", () => {
  const merged = statementsOf([answer("A.", stated(["a b", "c", "d"], ["a", "b c", "d"]))]);
  assert.equal(merged.size, 2);
});

test("rows without a link state nothing that can be drawn", () => {
  const rows = rowsOf("KE2", { entities: { person: [located("Ada", 0)] } });
  const [drawn] = stated(["Ada", "born in", "London"]);
  assert.deepEqual([...statementsOf([answer("A.", [...rows, drawn])]).keys()], [drawn]);
});

test("what a text denies or doubts is no edge, what it plans is one", () => {
  const triples = ["stated", "planned", "negated", "uncertain"].map((assertion) => ({
    ...triple("a", assertion, "b"),
    assertion,
  }));
  const { edges } = elementsOf(rowsOf("KE1", { triples }));
  assert.deepEqual(
    edges.map(({ data }) => data.name),
    ["stated", "planned"],
  );
});
