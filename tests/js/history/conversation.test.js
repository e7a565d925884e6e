import assert from "node:assert/strict";
import test from "node:test";

import { requestOf } from "../../../static/js/history/conversation.js";

/** @param {any} request as the server keeps it */
const asked = (request) =>
  requestOf(
    { turn: 1, created: "", request, answer: null, corrected: null, corrections: [], error: null },
    "kept",
  );

test("a kept turn can be asked again as it was", () => {
  const request = asked({
    user_input: "Ada",
    prompt_type: "KE3",
    model_type: "ChatGpt",
    entity: "Ada",
    schema: "born, died",
    grounding: "free",
    lang: "en",
    image: { media_type: "image/png" },
  });
  assert.deepEqual(request, {
    text: "Ada",
    task: "KE3",
    model: "ChatGpt",
    entity: "Ada",
    only: "born, died",
    grounding: "free",
    lang: "en",
    seen: "image/png",
    conversation: "kept",
  });
});

test("what was left out has the server's defaults", () => {
  const { task, entity, only, lang, seen } = asked({ user_input: "Ada" });
  assert.deepEqual([task, entity, only, lang, seen], ["KE1", "", "", "auto", undefined]);
});

test("labels that came as JSON go back as JSON", () => {
  assert.equal(asked({ schema: ["born", "died"] }).only, '["born","died"]');
  assert.equal(asked({ schema: { born: "date" } }).only, '{"born":"date"}');
  assert.equal(asked({ schema: null }).only, "");
});
