// Reads an event stream from a fetch body. Bytes, characters, lines and events may be cut anywhere.

/** @import {SseEvent} from "../types" */

/** Takes the stream's text piece by piece, gives the events that are complete. */
export class SseParser {
  #rest = "";
  #afterCr = false;
  #event = "";
  /** @type {string[]} */
  #data = [];

  /**
   * @param {string} text
   */
  feed(text) {
    /** @type {SseEvent[]} */
    const events = [];
    // A CR ended the last piece and its line; an LF right after it is the same line's end.
    const fresh = this.#afterCr && text.startsWith("\n") ? text.slice(1) : text;
    if (text) this.#afterCr = text.endsWith("\r");
    const lines = (this.#rest + fresh).split(/\r\n|\n|\r/);
    this.#rest = lines.pop() ?? "";
    for (const line of lines) {
      const event = this.#line(line);
      if (event) events.push(event);
    }
    return events;
  }

  /**
   * @param {string} line
   */
  #line(line) {
    if (line === "") {
      const event = { event: this.#event || "message", data: this.#data.join("\n") };
      const empty = this.#data.length === 0;
      this.#event = "";
      this.#data = [];
      return empty ? null : event;
    }
    const colon = line.indexOf(":");
    // A line that starts with a colon is a comment, which the server sends as ping.
    if (colon === 0) return null;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") this.#event = value;
    else if (field === "data") this.#data.push(value);
    return null;
  }
}

/**
 * @param {ReadableStream<Uint8Array>} stream
 * @returns {AsyncGenerator<SseEvent>}
 */
export async function* readEvents(stream) {
  const decoder = new TextDecoder();
  const parser = new SseParser();
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      yield* parser.feed(decoder.decode(value, { stream: !done }));
      if (done) return;
    }
  } finally {
    // Leaving the loop early must also end the request, or the server would go on generating.
    reader.cancel().catch(() => undefined);
  }
}
