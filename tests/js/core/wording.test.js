import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import test from "node:test";

import "../page.js";
import { filled, t, tOf } from "../../../static/js/core/wording.js";

test("placeholders are filled, numbers as the language writes them", () => {
  assert.equal(
    t("page.stage.part", { stage: "Reading", part: 1, parts: 1234 }),
    "Reading (part 1 of 1,234)",
  );
  assert.equal(filled("{a}{b}", { a: "{b}", b: "c" }), "{b}c");
});

test("the count chooses the form", () => {
  assert.equal(t("knowledge.count.KE1", { count: 1 }), "1 triple");
  assert.equal(t("knowledge.count.KE1", { count: 0 }), "0 triples");
  assert.equal(filled({ other: "{count} 条" }, { count: 1 }), "1 条");
});

test("a name without a text stays as it is, or has the text that is given for it", () => {
  assert.equal(tOf("page.state", "ready"), "ready");
  assert.equal(tOf("page.state", "new"), "new");
  assert.equal(tOf("page.state", "new", {}, ""), "");
});

test("every group that the scripts look names up in has texts", () => {
  const { texts } = JSON.parse(document.querySelector("#wording")?.textContent ?? "");
  const keys = Object.keys(texts);
  const root = new URL("../../../static/js/", import.meta.url);
  const code = globSync("**/*.js", { cwd: root }).map((name) =>
    readFileSync(new URL(name, root), "utf-8"),
  );
  const groups = [...code.join("\n").matchAll(/\btOf\(\s*"([^"]+)"/g)].map(([, group]) => group);
  assert.ok(groups.length > 5);
  for (const group of groups)
    assert.ok(
      keys.some((key) => key.startsWith(`${group}.`)),
      group,
    );
});
