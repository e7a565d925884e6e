import assert from "node:assert/strict";
import test from "node:test";

import english from "../../../static/js/core/strings.en.js";
import chinese from "../../../static/js/core/strings.zh.js";

/** Every word's path, and of a form how much it takes. @param {any} words @returns {string[]} */
function shapeOf(words, at = "") {
  return Object.entries(words).flatMap((/** @type {[string, any]} */ [name, word]) => {
    const path = `${at}.${name}`;
    if (typeof word === "function") return [`${path}(${word.length})`];
    return typeof word === "object" ? shapeOf(word, path) : [path];
  });
}

test("both languages say the same things", () => {
  assert.deepEqual(shapeOf(chinese).sort(), shapeOf(english).sort());
});
