import assert from "node:assert/strict";
import test from "node:test";

import { ask, call } from "../../../static/js/core/api.js";
import { serve } from "../server.js";

/** @import {Request} from "../../../static/js/types" */

/** @type {Request} */
const REQUEST = { text: "x", task: "KE1", model: "m", entity: "", only: "", lang: "auto" };
const STREAM = { "Content-Type": "text/event-stream; charset=utf-8" };
const JSON_TYPE = { "Content-Type": "application/json" };

// All that the module takes from the page.
Object.assign(globalThis, { document: { documentElement: { lang: "en" } } });

/** All events of an answer. */
async function answer() {
  const events = [];
  for await (const event of ask(REQUEST, new AbortController().signal)) events.push(event);
  return events;
}

test(
  "an answer ends with `done`, even where its stream stays open",
  { timeout: 5000 },
  async (t) => {
    const body =
      'event: item\ndata: {"n": 1}\n\nevent: done\ndata: {}\n\nevent: item\ndata: {}\n\n';
    await serve(t, { headers: STREAM, body, open: true });
    assert.deepEqual(await answer(), [
      { event: "item", data: { n: 1 } },
      { event: "done", data: {} },
    ]);
  },
);

test("an error in the stream says under which turn it is kept", async (t) => {
  const error = { error: { code: "model_failed", message: "It broke off." }, turn: 3 };
  await serve(t, { headers: STREAM, body: `event: error\ndata: ${JSON.stringify(error)}\n\n` });
  await assert.rejects(answer(), { code: "model_failed", message: "It broke off.", turn: 3 });
});

for (const { what, status, headers, body, failure } of [
  {
    what: "data that is no JSON",
    headers: STREAM,
    body: "event: item\ndata: {\n\n",
    failure: { code: "broken" },
  },
  {
    what: "a page in the place of a stream",
    headers: { "Content-Type": "text/html" },
    body: "<h1>Welcome</h1>",
    failure: { code: "internal", message: "HTTP 200" },
  },
  {
    what: "our error",
    status: 503,
    headers: { ...JSON_TYPE, "Retry-After": "7" },
    body: '{"error": {"code": "busy", "message": "Later."}}',
    failure: { code: "busy", message: "Later.", retryAfter: 7 },
  },
  {
    what: "a proxy's page, with a date to come back at",
    status: 502,
    headers: { "Content-Type": "text/html", "Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT" },
    body: "<h1>Bad gateway</h1>",
    failure: { code: "internal", message: "HTTP 502", retryAfter: null },
  },
  {
    what: "JSON in a shape of another's",
    status: 500,
    headers: JSON_TYPE,
    body: '{"detail": "no"}',
    failure: { code: "internal", message: "HTTP 500" },
  },
]) {
  test(`${what} is an error of code ${failure.code}`, async (t) => {
    await serve(t, { status, headers, body });
    await assert.rejects(answer(), failure);
  });
}

test("a server that is gone is told from one that answers", async (t) => {
  const { close } = await serve(t, {});
  await close();
  await assert.rejects(call("GET", "/conversations"), { code: "network" });
});

test("JSON comes out as a value, JSON Lines as text, no content as null", async (t) => {
  await serve(t, { headers: JSON_TYPE, body: '{"a": 1}' });
  assert.deepEqual(await call("GET", "/a"), { a: 1 });
  await serve(t, { headers: { "Content-Type": "application/jsonl" }, body: '{"a": 1}\n' });
  assert.equal(await call("GET", "/b"), '{"a": 1}\n');
  await serve(t, { status: 204 });
  assert.equal(await call("DELETE", "/c"), null);
});
