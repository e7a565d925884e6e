// How many tokens the text has for the chosen model, beside the number of its characters.

import { RequestFailed, call } from "./api.js";
import { byId } from "./dom.js";
import { S, number } from "./strings.js";

const PAUSE = 500; // ms without a key

export class TokenCount {
  #out = byId("tokens", HTMLElement);
  #timer = 0;
  /** Of the latest question; an answer to an earlier one is late. */
  #asked = 0;

  /**
   * To be called whenever the text or the model may have changed.
   * @param {string} text empty where there is nothing to count
   * @param {string} model
   */
  count(text, model) {
    clearTimeout(this.#timer);
    this.#asked += 1;
    if (!text) this.#out.textContent = "";
    else this.#timer = setTimeout(() => this.#ask(text, model, this.#asked), PAUSE);
  }

  /** @param {string} text @param {string} model @param {number} turn */
  async #ask(text, model, turn) {
    const tokens = await call("POST", "/tokenize", { user_input: text, model_type: model }).then(
      (answer) => answer.tokens,
      (error) => {
        if (!(error instanceof RequestFailed)) throw error;
        return null; // it is only a number; whoever sends the text hears what is wrong
      },
    );
    if (turn !== this.#asked) return;
    this.#out.textContent = tokens === null ? "" : S.tokenCount(tokens, number(tokens));
  }
}
