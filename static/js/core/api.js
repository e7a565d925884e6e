// Talks to the server: one answer as a stream of events, and the states of the models.

import { readEvents } from "./sse.js";

/** @import {ModelState, Request} from "../types" */

/** A request that failed: the server's error, or `network` / `broken` for the way to it. */
export class RequestFailed extends Error {
  /**
   * @param {string} code
   * @param {string} [message]
   * @param {number | null} [retryAfter] seconds
   */
  constructor(code, message = "", retryAfter = null) {
    super(message);
    this.code = code;
    /** The turn that the error is stored as. @type {number | undefined} */
    this.turn = undefined;
    this.retryAfter = retryAfter;
  }
}

/**
 * @param {Request} request
 * @param {AbortSignal} signal
 * @returns {AsyncGenerator<{event: string, data: any}>} ends after `done`; else throws
 */
export async function* ask(request, signal) {
  const { text, task, model, entity, only, grounding, lang } = request;
  const { history, image, examples, conversation, turn } = request;
  const form = new FormData();
  form.set("user_input", text);
  form.set("prompt_type", task);
  form.set("model_type", model);
  form.set("lang", lang);
  if (task === "KE3" && entity) form.set("entity", entity);
  if (only) form.set("schema", only);
  if (grounding) form.set("grounding", grounding);
  if (history) form.set("history", JSON.stringify(history));
  if (image) form.set("image", image);
  if (examples) form.set("examples", examples);
  if (conversation) form.set("conversation", conversation);
  if (turn) form.set("turn", String(turn));
  const response = await reach("/get_response", {
    method: "POST",
    headers: { Accept: "text/event-stream" },
    body: image ? form : new URLSearchParams(/** @type {any} */ (form)),
    signal,
  });
  if (!response.ok) throw await failure(response);
  if (!response.headers.get("Content-Type")?.startsWith("text/event-stream") || !response.body) {
    throw new RequestFailed("internal", `HTTP ${response.status}`);
  }
  try {
    for await (const { event, data } of readEvents(response.body)) {
      const value = JSON.parse(data);
      if (event === "error") throw Object.assign(ofJson(value, null), { turn: value.turn });
      yield { event, data: value };
      if (event === "done") return;
    }
  } catch (error) {
    // A TypeError is how fetch says that the connection broke; a SyntaxError, that a line did.
    if (error instanceof TypeError || error instanceof SyntaxError)
      throw new RequestFailed("broken");
    throw error;
  }
  throw new RequestFailed("broken");
}

/** @returns {Promise<ModelState[] | null>} null when the server does not answer */
export async function modelStates() {
  try {
    const response = await reach("/models", { headers: { Accept: "application/json" } });
    return response.ok ? (await response.json()).models : null;
  } catch {
    return null;
  }
}

/**
 * JSON in, JSON out; JSON Lines come out as text.
 * @param {string} method
 * @param {string} url
 * @param {unknown} [body]
 * @returns {Promise<any>} null for an answer without content; a RequestFailed is thrown
 */
export async function call(method, url, body) {
  /** @type {RequestInit} */
  const init = { method, headers: { Accept: "application/json" } };
  if (body !== undefined) {
    init.headers = { ...init.headers, "Content-Type": "application/json" };
    init.body = JSON.stringify(body);
  }
  const response = await reach(url, init);
  if (!response.ok) throw await failure(response);
  if (response.status === 204) return null;
  const lines = response.headers.get("Content-Type")?.startsWith("application/jsonl");
  return lines ? response.text() : response.json();
}

/**
 * @param {string} url
 * @param {RequestInit} init
 */
export async function reach(url, init) {
  try {
    const headers = { "Accept-Language": document.documentElement.lang, ...init.headers };
    return await fetch(url, { ...init, headers });
  } catch (error) {
    if (error instanceof TypeError) throw new RequestFailed("network");
    throw error;
  }
}

/** @param {Response} response */
export async function failure(response) {
  const seconds = Number.parseInt(response.headers.get("Retry-After") ?? "", 10);
  const retryAfter = Number.isFinite(seconds) ? seconds : null;
  try {
    return ofJson(await response.json(), retryAfter);
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof TypeError)) throw error;
    // Something between the server and us answered, with a page instead of our error shape.
    return new RequestFailed("internal", `HTTP ${response.status}`, retryAfter);
  }
}

/**
 * @param {{error: {code: string, message: string}}} value
 * @param {number | null} retryAfter
 */
function ofJson({ error }, retryAfter) {
  return new RequestFailed(error.code, error.message, retryAfter);
}
