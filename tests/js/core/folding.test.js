import assert from "node:assert/strict";
import test from "node:test";

import { folded } from "../../../static/js/core/folding.js";

test("width, case and white space make no difference", () => {
  for (const [one, other] of [
    ["ＫＥＸ１２", "kex12"],
    ["Lu　Xun", "lu xun"],
    [" New\u00a0\n York\t", "new york"],
    ["ｶﾞ", "ガ"],
    ["e\u0301", "é"],
  ]) {
    assert.equal(folded(one), folded(other));
  }
});

test("what reads differently stays different", () => {
  for (const [one, other] of [
    ["café", "cafe"],
    ["鲁迅", "魯迅"],
    ["New York", "NewYork"],
    ["-1", "1"],
  ]) {
    assert.notEqual(folded(one), folded(other));
  }
});
