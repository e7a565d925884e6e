// One turn on the page: what was sent, and the answer as it streams in.

import { button, byId, el } from "./dom.js";
import { S } from "./strings.js";

/** @import {RequestFailed} from "./api.js" */
/** @import {Actions, Request} from "./types" */

export class Turn {
  foot = el("footer");
  #started = performance.now();
  #message = el("span", { class: "doing" }, S.sending);
  #elapsed = el("span", { class: "elapsed" });
  #bar = el("progress", { max: 1, hidden: true });
  #status = el("p", { class: "status" }, el("span", { class: "pulse" }), this.#message, this.#elapsed, this.#bar);
  #clock = setInterval(() => this.#tick(), 250);

  /**
   * @param {Request} request
   * @param {Actions} actions
   * @param {Node[]} title
   * @param {Node[]} asked
   * @param {Node[]} answered
   */
  constructor(request, actions, title, asked, answered) {
    this.request = request;
    this.actions = actions;
    const edit = button(S.edit, "quiet-button", () => actions.edit(request), S.editTitle);
    this.element = el(
      "article",
      { class: "turn running" },
      el(
        "section",
        { class: "message user", "aria-label": S.you },
        el("header", {}, el("h2", {}, ...title), edit),
        ...asked,
      ),
      el(
        "section",
        { class: "message answer", "aria-label": S.answer },
        this.#status,
        ...answered,
        this.foot,
      ),
    );
  }

  /** Whether a part of the answer is on the page. */
  get begun() {
    return false;
  }

  /** @param {{event: string, data: any}} event of the answer's stream */
  take({ event, data }) {
    if (event === "status") this.say(data.message ?? S.working, data.done);
    else if (event === "token") this.token(data.text);
    else if (event === "item") this.item(data);
    else if (event === "done") {
      this.end();
      this.done(data);
    }
  }

  // What an answer consists of, the classes that extend this one know.
  token(/** @type {string} */ text) {}
  item(/** @type {any} */ data) {}
  done(/** @type {any} */ data) {}

  stopped() {
    this.end();
    this.foot.append(el("p", { class: "note" }, S.stopped), this.again());
    announce(S.stopped);
  }

  /** @param {RequestFailed} error */
  failed({ code, message, retryAfter }) {
    this.end();
    const own = { network: S.networkMessage, broken: S.brokenMessage }[code];
    const lines = [own ?? message, retryAfter === null ? "" : S.retryAfter(retryAfter)];
    if (this.begun && code !== "broken") lines.push(S.incomplete);
    const box = el("div", { class: "error", role: "alert" });
    this.foot.append(box, this.again());
    // Filled after it is on the page, since an alert that arrives full is not always read out.
    box.append(
      el("strong", {}, S.errors[code] ?? S.errors.internal),
      ...lines.filter(Boolean).map((line) => el("p", {}, line)),
    );
  }

  /** A line of buttons, the first of which sends the same request once more. */
  again() {
    const retry = () => this.actions.retry(this.request, this);
    return el("p", { class: "buttons" }, button(S.retry, "retry", retry));
  }

  /**
   * @param {string} message
   * @param {number | null} done share of the way, if known
   */
  say(message, done) {
    if (message !== this.#message.textContent) announce(message);
    this.#message.textContent = message;
    this.#bar.hidden = done === null;
    if (done !== null) this.#bar.value = done;
  }

  end() {
    clearInterval(this.#clock);
    this.#status.hidden = true;
    this.element.classList.remove("running");
  }

  #tick() {
    const seconds = Math.floor((performance.now() - this.#started) / 1000);
    this.#elapsed.textContent = S.seconds(String(seconds));
  }
}

/**
 * Says a change of state to a screen reader, apart from the stream of the answer.
 * @param {string} text
 */
export function announce(text) {
  byId("announcer", HTMLElement).textContent = text;
}
