import assert from "node:assert/strict";
import test from "node:test";

import { examplesOf } from "../../../static/js/compose/examples.js";
import { serve } from "../server.js";

/** @param {import("node:test").TestContext} t @param {any[]} rows the gold rows that the server has */
async function served(t, ...rows) {
  const body = rows.map((row) => `${JSON.stringify(row)}\n`).join("");
  return serve(t, { headers: { "Content-Type": "application/jsonl" }, body });
}

/** @param {string} task */
const examples = async (task) => JSON.parse((await examplesOf("a/b", task)) || "null");

test("triples whose strings stand in the text are kept", async (t) => {
  const gold = [
    ["鲁迅", "出生地", "绍兴"],
    ["鲁迅", "作品", "狂人日记"],
    ["周树人", "出生地", "绍兴"],
  ];
  const { asked } = await served(t, { task: "KE1", text: "鲁迅生于绍兴。", gold });
  assert.deepEqual(await examples("KE1"), [{ text: "鲁迅生于绍兴。", triples: [gold[0]] }]);
  assert.deepEqual(asked, ["GET /conversations/a%2Fb/gold"]);
});

test("entities and facts go without what the text lacks", async (t) => {
  const text = "Ada was born in 1815.";
  await served(
    t,
    { task: "KE2", text, gold: { person: ["Ada", "Byron"], place: ["London"] } },
    { task: "KE3", text, entity: "Ada", gold: { born: ["1815", "December"], died: ["1852"] } },
  );
  assert.deepEqual(await examples("KE2"), [{ text, entities: { person: ["Ada"], place: [] } }]);
  assert.deepEqual(await examples("KE3"), [{ text, entity: "Ada", facts: [["born", "1815"]] }]);
});

test("the three latest of the task are taken, none that is too long", async (t) => {
  const row = (/** @type {string} */ text) => ({ task: "KE1", text, gold: [] });
  // 4,000 characters, twice as many units of UTF-16
  const long = "😀".repeat(4000);
  await served(t, ...["a", "b", long, "c", `${long}😀`].map(row), { ...row("d"), task: "KE2" });
  assert.deepEqual(
    (await examples("KE1")).map((/** @type {{text: string}} */ { text }) => text),
    ["b", long, "c"],
  );
});

test("without corrections there is no field", async (t) => {
  await served(t);
  assert.equal(await examplesOf("a", "KE1"), "");
});
