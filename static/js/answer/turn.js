// One turn on the page: what was sent, and the answer as it streams in.

import { RequestFailed } from "../core/api.js";
import { button, el } from "../core/dom.js";
import { announce, errorBox } from "../core/feedback.js";
import { t, tOf, timeOf } from "../core/wording.js";

/** @import {Actions, KeptTurn, Request} from "../types" */

export class Turn {
  foot = el("footer");
  /** Its place in the conversation, once the server keeps it. @type {number | undefined} */
  number;
  #time = el("time");
  #started = performance.now();
  #message = el("span", { class: "doing" }, t("page.sending"));
  #elapsed = el("span", { class: "elapsed" });
  #bar = el("progress", { max: 1, hidden: true });
  #status = el(
    "p",
    { class: "status" },
    el("span", { class: "pulse" }),
    this.#message,
    this.#elapsed,
    this.#bar,
  );
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
    const edit = button(
      t("page.edit"),
      "quiet-button",
      () => actions.edit(this),
      t("page.edit.title"),
    );
    this.element = el(
      "article",
      { class: "turn running", tabindex: -1 },
      el(
        "div",
        { class: "message user", role: "group", "aria-label": t("page.you") },
        el("header", {}, el("h2", {}, ...title), this.#time, edit),
        ...asked,
      ),
      el(
        "div",
        { class: "message answer", role: "group", "aria-label": t("page.answer") },
        this.#status,
        ...answered,
        this.foot,
      ),
    );
    this.stamp(new Date());
  }

  /** @param {Date} when it was asked */
  stamp(when) {
    this.#time.dateTime = when.toISOString();
    this.#time.textContent = timeOf(when);
  }

  /** Whether there is a whole answer. */
  answered = false;
  /** Whether a person has changed the answer, which is not replaced then. */
  corrected = false;

  /** Whether a part of the answer is on the page. */
  get begun() {
    return false;
  }

  /** @param {{event: string, data: any}} event of the answer's stream */
  take({ event, data }) {
    if (event === "status") this.say(stageOf(data), data.done);
    else if (event === "token") this.token(data.text);
    else if (event === "item") this.item(data);
    else if (event === "done") {
      this.end();
      this.number = data.turn;
      this.answered = true;
      this.done(data);
    }
  }

  // What an answer consists of, the classes that extend this one know.
  token(/** @type {string} */ text) {}
  item(/** @type {any} */ data) {}
  done(/** @type {any} */ data) {}

  stopped() {
    this.end();
    this.foot.append(el("p", { class: "note" }, t("page.stopped")), this.again());
    announce(t("page.stopped"));
  }

  /** @param {RequestFailed} error */
  failed({ code, message, retryAfter, turn }) {
    this.end();
    this.number = turn;
    const own = { network: t("page.error_note.network"), broken: t("page.error_note.broken") }[
      code
    ];
    const lines = [own ?? message];
    if (retryAfter !== null) lines.push(t("page.retry_after", { seconds: retryAfter }));
    if (this.begun && code !== "broken") lines.push(t("page.incomplete"));
    this.foot.append(errorBox({ code }, lines), this.again());
  }

  /** Shows the turn as the server has stored it. @param {KeptTurn} kept */
  restore({ turn, created, answer, corrected, error }) {
    this.corrected = corrected !== null;
    this.stamp(new Date(created));
    for (const item of error?.partial?.items ?? []) this.item(item);
    if (error?.partial?.text) this.token(error.partial.text);
    if (answer) this.take({ event: "done", data: { ...(corrected ?? answer), turn } });
    else if (error?.code === "stopped") this.stopped();
    else if (error)
      this.failed(Object.assign(new RequestFailed(error.code, error.message), { turn }));
  }

  /** A line of buttons, the first of which sends the same request once more. */
  again() {
    const retry = () => this.actions.again(this);
    return el("p", { class: "buttons" }, button(t("page.retry"), "retry", retry));
  }

  /** Asks the same once more, with the model that is chosen now. */
  renewButton() {
    return button(
      t("page.regenerate"),
      "quiet-button",
      () => this.actions.again(this),
      t("page.regenerate.title"),
    );
  }

  /** Says why the server will not keep this turn. @param {string} why */
  unkept(why) {
    this.foot.append(el("p", { class: "note" }, t("page.unsaved", { reason: why })));
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
    this.#elapsed.textContent = t("page.seconds", { seconds });
  }
}

/**
 * What goes on, in the language of the page; the server's own words are in that of the text.
 * @param {{stage: string, message: string, ahead?: number, chunk?: number, chunks?: number}} status
 */
function stageOf({ stage, message, ahead, chunk, chunks }) {
  const said = tOf("page.stage", stage, { ahead: ahead ?? 0 }, message);
  return chunks ? t("page.stage.part", { stage: said, part: chunk ?? 1, parts: chunks }) : said;
}
