import assert from "node:assert/strict";
import test from "node:test";

import "../page.js";
import { Labels } from "../../../static/js/compose/labels.js";

/** The field, filled with a text. @param {string} text */
function filled(text) {
  const row = document.createElement("p");
  const input = document.createElement("input");
  row.append(input);
  const labels = new Labels(row, input);
  labels.show("KE2", text);
  return { labels, chips: [...row.querySelectorAll(".chip")].map((chip) => chip.textContent) };
}

test("names are told apart by the commas and semicolons of both languages", () => {
  const { labels, chips } = filled("person, place，机构、时间;work；event ,, 作品");
  const names = ["person", "place", "机构", "时间", "work", "event", "作品"];
  assert.deepEqual(chips, names);
  assert.equal(labels.text, names.join(", "));
});

test("own sets that cannot be read are none", () => {
  localStorage.setItem("kex.presets", "{");
  assert.equal(filled("person").labels.text, "person");
});
