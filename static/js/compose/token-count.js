// How many tokens the text has for the chosen model, beside the number of its characters.

import { RequestFailed, call } from "../core/api.js";
import { byId } from "../core/dom.js";
import { t } from "../core/wording.js";

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
   * @param {boolean} whole whether the model reads it in one piece, as it does a question
   */
  count(text, model, whole) {
    clearTimeout(this.#timer);
    this.#asked += 1;
    if (!text) this.#out.textContent = "";
    else this.#timer = setTimeout(() => this.#ask(text, model, whole, this.#asked), PAUSE);
  }

  /** @param {string} text @param {string} model @param {boolean} whole @param {number} turn */
  async #ask(text, model, whole, turn) {
    const answer = await call("POST", "/tokenize", { user_input: text, model_type: model }).then(
      (counted) => counted,
      (error) => {
        if (!(error instanceof RequestFailed)) throw error;
        return null; // no count is shown; sending the text reports the error
      },
    );
    if (turn !== this.#asked) return;
    if (answer === null || answer.tokens === null) this.#out.textContent = "";
    else {
      const { tokens, context } = answer;
      const limit = whole ? context : null;
      this.#out.textContent = limit
        ? t("page.form.tokens_of", { count: tokens, limit })
        : t("page.form.tokens", { count: tokens });
      this.#out.classList.toggle("over", Boolean(limit) && tokens > limit);
    }
  }
}
