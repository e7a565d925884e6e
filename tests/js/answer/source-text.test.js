import assert from "node:assert/strict";
import test from "node:test";

import "../page.js";
import { SourceText } from "../../../static/js/answer/source-text.js";
import { codePointOffsets, codePoints } from "../../../static/js/core/code-points.js";

/** @import {Row} from "../../../static/js/types" */

/**
 * @param {...[start: number, end: number, kind?: string, label?: string]} spans
 * @returns {Row}
 */
const row = (...spans) => ({
  group: "",
  groupKind: "",
  cells: [],
  spans: spans.map(([start, end, kind = "head", label = kind]) => ({ start, end, kind, label })),
});

/** @param {string} text @param {Row[]} rows */
async function marked(text, rows) {
  const source = new SourceText(text);
  source.mark(rows);
  await new Promise(requestAnimationFrame);
  return source;
}

/** The text with its marks as brackets, each with its rows. @param {Node} node @returns {string} */
function drawn(node) {
  const inner = [...node.childNodes].map((child) =>
    child instanceof Text ? child.data : drawn(child),
  );
  const rows = node instanceof HTMLElement && node.dataset.rows;
  return rows ? `[${rows}:${inner.join("")}]` : inner.join("");
}

test("code points are counted, whatever they take in UTF-16", () => {
  for (const [text, offsets] of /** @type {const} */ ([
    ["", [0]],
    ["鲁迅", [0, 1, 2]],
    ["a😀𠮷b", [0, 1, 3, 5, 6]],
    ["👩\u200d🔬", [0, 2, 3, 5]],
    ["\ud83d!", [0, 1, 2]],
  ])) {
    assert.deepEqual(codePointOffsets(text), offsets);
    assert.equal(codePoints(text), offsets.length - 1);
  }
});

for (const { text, rows, drawing } of [
  { text: "a😀鲁迅b", rows: [row([2, 4])], drawing: "a😀[0:鲁迅]b" },
  { text: "😀😀😀", rows: [row([1, 2]), row([2, 3])], drawing: "😀[0:😀][1:😀]" },
  { text: "绍兴的鲁迅", rows: [row([3, 5], [0, 2])], drawing: "[0:绍兴]的[0:鲁迅]" },
  { text: "𠮷abcdef", rows: [row([1, 3]), row([0, 5])], drawing: "[1:𠮷[0:ab]cd]ef" },
  { text: "abcdef", rows: [row([1, 3]), row([1, 5])], drawing: "a[1:[0:bc]de]f" },
  // The middle one is cut by the first and cuts the last.
  {
    text: "abcdefgh",
    rows: [row([0, 4]), row([2, 6]), row([5, 8])],
    drawing: "[0:ab[1:cd]][1:e[2:f]][2:gh]",
  },
  // What is cut off one outer mark may nest in the next.
  {
    text: "abcdef",
    rows: [row([0, 2]), row([1, 4]), row([2, 6])],
    drawing: "[0:a[1:b]][2:[1:cd]ef]",
  },
  { text: "abc", rows: [row([0, 3]), row([1, 2]), row([0, 3])], drawing: "[0 2:a[1:b]c]" },
]) {
  test(`spans are marked as ${drawing}`, async () => {
    const { element } = await marked(text, rows);
    assert.equal(drawn(element), drawing);
  });
}

test("a mark says all that stands on it, each once", async () => {
  const rows = [
    row([0, 2, "head", "head"]),
    row([0, 2, "tail", "tail"]),
    row([0, 2, "head", "head"]),
  ];
  const { element } = await marked("鲁迅", rows);
  const [mark] = element.children;
  assert.equal(mark.className, "head tail");
  assert.equal(mark.getAttribute("title"), "head · tail");
});

test("only the latest rows are marked", async () => {
  const source = new SourceText("鲁迅生于绍兴");
  source.mark([row([0, 2])]);
  source.mark([row([4, 6])]);
  await new Promise(requestAnimationFrame);
  assert.equal(drawn(source.element), "鲁迅生于[0:绍兴]");
  source.mark([]);
  await new Promise(requestAnimationFrame);
  assert.equal(drawn(source.element), "鲁迅生于绍兴");
});

test("a place stands for the rows of its innermost mark, a row is lit in all its marks", async () => {
  const source = await marked("abcdef", [row([0, 4]), row([2, 6])]);
  const marks = [...source.element.querySelectorAll("mark")];
  assert.deepEqual(
    marks.map((mark) => source.rowsAt(mark)),
    [["0"], ["1"], ["1"]],
  );
  assert.deepEqual(source.rowsAt(source.element), []);
  source.light(["1"]);
  const lit = () => marks.map((mark) => mark.classList.contains("lit"));
  assert.deepEqual(lit(), [false, true, true]);
  source.light([]);
  assert.deepEqual(lit(), [false, false, false]);
});

test("row 1 is lit, and not row 11", async () => {
  const source = await marked(
    "ab",
    Array(12)
      .fill(row([1, 2]))
      .with(1, row([0, 1])),
  );
  source.light(["1"]);
  const lit = [...source.element.querySelectorAll(".lit")].map((mark) => mark.textContent);
  assert.deepEqual(lit, ["a"]);
});

test("Chinese text is said to be Chinese", () => {
  assert.equal(new SourceText("鲁迅 was born").element.lang, "zh");
  assert.equal(new SourceText("こんにちは").element.hasAttribute("lang"), false);
});
