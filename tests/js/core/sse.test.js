import assert from "node:assert/strict";
import test from "node:test";

import { SseParser, readEvents } from "../../../static/js/core/sse.js";

const TEXT = ": ping\n\nevent: item\ndata: é鲁😀\n\ndata:a\ndata: b\n\nevent: done\ndata: {}\n\n";
const EVENTS = [
  { event: "item", data: "é鲁😀" },
  { event: "message", data: "a\nb" },
  { event: "done", data: "{}" },
];

/** @param {Uint8Array[]} pieces */
async function eventsOf(pieces) {
  const stream = new ReadableStream({
    start(control) {
      for (const piece of pieces) control.enqueue(piece);
      control.close();
    },
  });
  const events = [];
  for await (const event of readEvents(stream)) events.push(event);
  return events;
}

for (const [name, newline] of Object.entries({ LF: "\n", CRLF: "\r\n", CR: "\r" })) {
  test(`events may be cut at any two bytes, with ${name} at the ends of lines`, async () => {
    const bytes = new TextEncoder().encode(TEXT.replaceAll("\n", newline));
    for (let first = 0; first <= bytes.length; first++) {
      for (let second = first; second <= bytes.length; second++) {
        const pieces = [[0, first], [first, second], [second]];
        const events = await eventsOf(pieces.map(([from, to]) => bytes.slice(from, to)));
        assert.deepEqual(events, EVENTS, `cut at ${first} and ${second}`);
      }
    }
  });
}

test("an empty piece between a CR and its LF ends no line twice", () => {
  const parser = new SseParser();
  const pieces = ["data: a\r", "", "\ndata: b\r", "\n\r", "", "\n"];
  assert.deepEqual(
    pieces.flatMap((piece) => parser.feed(piece)),
    [{ event: "message", data: "a\nb" }],
  );
});

test("fields are read as the standard says", () => {
  for (const [text, data] of [
    ["data:  two spaces", " two spaces"],
    ["data: a: b", "a: b"],
    ["data", ""],
    [": only a comment\ndata: x", "x"],
    ["id: 7\nretry: 10\nother: y\ndata: x", "x"],
    ["data: a\n: between\ndata:\ndata: b", "a\n\nb"],
  ]) {
    const events = new SseParser().feed(`${text}\n\n`);
    assert.deepEqual(events, [{ event: "message", data }], text);
  }
});

test("an event without data is none, and leaves its name to no other", () => {
  assert.deepEqual(new SseParser().feed("event: item\n\ndata: x\n\n"), [
    { event: "message", data: "x" },
  ]);
});

test("an event whose blank line never came is not given", async () => {
  const bytes = new TextEncoder().encode("data: whole\n\nevent: done\ndata: {}\n");
  assert.deepEqual(await eventsOf([bytes]), [{ event: "message", data: "whole" }]);
});

test("who leaves early ends the request", async () => {
  let cancelled = false;
  const stream = new ReadableStream({
    start: (control) => control.enqueue(new TextEncoder().encode("data: 1\n\ndata: 2\n\n")),
    cancel: () => void (cancelled = true),
  });
  for await (const { data } of readEvents(stream)) {
    assert.equal(data, "1");
    break;
  }
  assert.ok(cancelled);
});
