// Talks to the server: one extraction as a stream of events, and the states of the models.

import { readEvents } from "./sse.js";

/**
 * @typedef {{text: string, task: string, model: string, entity: string, lang: string}} Request
 * @typedef {{name: string, status: string, detail: string, progress: number | null}} ModelState
 */

/** An extraction that failed: the server's error, or `network` / `broken` for the way to it. */
export class RequestFailed extends Error {
  /**
   * @param {string} code
   * @param {string} [message]
   * @param {number | null} [retryAfter] seconds
   */
  constructor(code, message = "", retryAfter = null) {
    super(message);
    this.code = code;
    this.retryAfter = retryAfter;
  }
}

/**
 * @param {Request} request
 * @param {AbortSignal} signal
 * @returns {AsyncGenerator<{event: string, data: any}>} ends after `done`; else throws
 */
export async function* extract(request, signal) {
  const body = new URLSearchParams({
    user_input: request.text,
    prompt_type: request.task,
    model_type: request.model,
    lang: request.lang,
  });
  if (request.task === "KE3" && request.entity) body.set("entity", request.entity);
  const response = await reach("/get_response", {
    method: "POST",
    headers: { Accept: "text/event-stream" },
    body,
    signal,
  });
  if (!response.ok) throw await failure(response);
  if (!response.headers.get("Content-Type")?.startsWith("text/event-stream") || !response.body) {
    throw new RequestFailed("internal", `HTTP ${response.status}`);
  }
  try {
    for await (const { event, data } of readEvents(response.body)) {
      const value = JSON.parse(data);
      if (event === "error") throw ofJson(value, null);
      yield { event, data: value };
      if (event === "done") return;
    }
  } catch (error) {
    // A TypeError is how fetch says that the connection broke; a SyntaxError, that a line did.
    if (error instanceof TypeError || error instanceof SyntaxError) throw new RequestFailed("broken");
    throw error;
  }
  throw new RequestFailed("broken");
}

/** @returns {Promise<ModelState[] | null>} null when the server does not answer */
export async function modelStates() {
  try {
    const response = await fetch("/models", { headers: { Accept: "application/json" } });
    return response.ok ? (await response.json()).models : null;
  } catch {
    return null;
  }
}

/**
 * @param {string} url
 * @param {RequestInit} init
 */
async function reach(url, init) {
  try {
    return await fetch(url, init);
  } catch (error) {
    if (error instanceof TypeError) throw new RequestFailed("network");
    throw error;
  }
}

/** @param {Response} response */
async function failure(response) {
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
