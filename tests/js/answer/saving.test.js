import assert from "node:assert/strict";
import test from "node:test";

import "../page.js";
import { fileName } from "../../../static/js/answer/saving.js";

const named = (/** @type {string} */ text, count = 1) =>
  fileName(Array.from({ length: count }, () => ({ text, prompt_type: "KE2" })));

test("a file is named by task and text", () => {
  assert.equal(named("鲁迅，原名周树人。"), "kex-KE2-鲁迅-原名周树人");
  assert.equal(named("Ada Lovelace\nwas\tborn"), "kex-KE2-Ada-Lovelace-was-born");
  assert.equal(named("a b", 2), "kex-a-b");
});

test("a name has no sign that a folder could misread, and an end", () => {
  assert.equal(named("../../etc: <b>\0|"), "kex-KE2-etc-b");
  assert.equal(named("…"), "kex-KE2");
  assert.equal([...named("𠀀".repeat(99))].length, 38);
});
