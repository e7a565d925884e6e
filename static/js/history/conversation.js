// The conversation that the page shows: its name on the server, if one keeps it, and its address.

import { call } from "../core/api.js";
import { byId } from "../core/dom.js";

/** @import {KeptTurn, Request} from "../types" */

const NAME = "c"; // of the conversation, in the page's address

export class Conversation {
  /** Empty until the server stores the conversation. */
  id = new URL(location.href).searchParams.get(NAME) ?? "";
  /** How often another one was shown. */
  #changes = 0;

  constructor() {
    this.#translated();
  }

  /**
   * The id that the next answer is stored under; starts a conversation where there is none.
   * Throws a RequestFailed.
   */
  async begin() {
    if (this.id) return this.id;
    const changes = this.#changes;
    const { id } = await call("POST", "/conversations", {});
    // The page may show another one by now; the answer goes to its own all the same.
    if (changes === this.#changes) this.become(id, true);
    return id;
  }

  /**
   * @param {string} id
   * @param {boolean} same whether the page stays as it is, so that the way back leads past it
   */
  become(id, same) {
    this.id = id;
    this.#changes += 1;
    const address = new URL(location.href);
    if (id) address.searchParams.set(NAME, id);
    else address.searchParams.delete(NAME);
    history[same ? "replaceState" : "pushState"](null, "", address);
    this.#translated();
  }

  /** The other language shows the same conversation. */
  #translated() {
    const link = byId("switch", HTMLAnchorElement);
    const address = new URL(link.href);
    if (this.id) address.searchParams.set(NAME, this.id);
    else address.searchParams.delete(NAME);
    link.href = address.search;
  }

  /** After the browser went back or forth. @returns {boolean} whether another one is shown now */
  follow() {
    const id = new URL(location.href).searchParams.get(NAME) ?? "";
    const other = id !== this.id;
    this.id = id;
    this.#changes += 1;
    this.#translated();
    return other;
  }

  /** @returns {Promise<KeptTurn[]>} */
  async load() {
    if (!this.id) return [];
    return (await call("GET", `/conversations/${encodeURIComponent(this.id)}`)).turns;
  }
}

/**
 * The request of a stored turn.
 * @param {KeptTurn} kept
 * @param {string} conversation
 * @returns {Request}
 */
export function requestOf({ request }, conversation) {
  const { user_input, prompt_type, model_type, entity, schema, grounding, lang, image } = request;
  return {
    text: user_input,
    task: prompt_type ?? "KE1",
    model: model_type,
    entity: entity ?? "",
    only: typeof schema === "string" || !schema ? (schema ?? "") : JSON.stringify(schema),
    grounding: grounding ?? "",
    lang: lang ?? "auto",
    seen: image?.media_type,
    conversation,
  };
}
