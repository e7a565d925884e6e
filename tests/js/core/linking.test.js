import assert from "node:assert/strict";
import test from "node:test";

import "../page.js";
import { Linking } from "../../../static/js/core/linking.js";

/** A view of lines that can have the focus, and what is lit in it. @param {string[]} rows */
function viewOf(rows) {
  const element = document.createElement("div");
  for (const row of rows) {
    const line = document.createElement("p");
    line.tabIndex = 0;
    line.dataset.row = row;
    element.append(line);
  }
  document.body.append(element);
  /** @type {string[]} */
  let lit = [];
  /** @type {string[]} */
  const shown = [];
  return {
    shown,
    show: (/** @type {string} */ row) => void shown.push(row),
    element,
    line: (/** @type {number} */ at) => /** @type {HTMLElement} */ (element.children[at]),
    rowsAt: (/** @type {EventTarget | null} */ target) =>
      target instanceof HTMLElement && element.contains(target) ? [target.dataset.row ?? ""] : [],
    light: (/** @type {string[]} */ wanted) => void (lit = wanted),
    get lit() {
      return lit;
    },
  };
}

/** Two views of one answer. */
function linked() {
  const views = [viewOf(["0", "1"]), viewOf(["1", "0"])];
  const linking = new Linking();
  for (const view of views) linking.add(view);
  return views;
}

const over = () => new Event("pointerover", { bubbles: true });

test("what is hovered in one view is lit in all", () => {
  const [table, text] = linked();
  table.line(1).dispatchEvent(over());
  assert.deepEqual([table.lit, text.lit], [["1"], ["1"]]);
  text.line(1).dispatchEvent(over());
  assert.deepEqual([table.lit, text.lit], [["0"], ["0"]]);
});

test("when the pointer leaves, what has the focus is lit, in whichever view it is", () => {
  const [table, text] = linked();
  text.line(1).focus();
  assert.deepEqual(table.lit, ["0"]);
  table.line(1).dispatchEvent(over());
  assert.deepEqual(text.lit, ["1"]);
  table.element.dispatchEvent(new Event("pointerleave"));
  assert.deepEqual([table.lit, text.lit], [["0"], ["0"]]);
  text.line(1).blur();
  assert.deepEqual([table.lit, text.lit], [[], []]);
});

test("two answers do not follow each other", () => {
  const [one] = linked();
  const [other] = linked();
  one.line(1).dispatchEvent(over());
  assert.deepEqual(other.lit, []);
});

test("what gets the focus in one view comes into sight in the others, and does not move there", () => {
  const [table, text] = linked();
  table.line(1).focus();
  assert.deepEqual([table.shown, text.shown], [[], ["1"]]);
  text.line(1).dispatchEvent(over());
  assert.deepEqual([table.shown, text.shown], [[], ["1"]]);
});
