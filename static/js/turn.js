// One turn of the conversation: the user's text, and the answer as it streams in.

import { RequestFailed } from "./api.js";
import { button, byId, el } from "./dom.js";
import { copyButtons, factsOf } from "./footer.js";
import { RowMaker, counted } from "./knowledge.js";
import { SourceText } from "./source.js";
import { S, secondsOf } from "./strings.js";
import { KnowledgeTable, link } from "./table.js";

/**
 * @typedef {import("./api.js").Request} Request
 * @typedef {{edit: (request: Request) => void, run: (request: Request) => void,
 *   retry: (request: Request, turn: Turn) => void}} Actions
 */

const TASKS = ["KE1", "KE2", "KE3"];

export class Turn {
  #request;
  #actions;
  #rows;
  #table;
  #source;
  #started = performance.now();
  #message = el("span", { class: "doing" }, S.sending);
  #elapsed = el("span", { class: "elapsed" });
  #bar = el("progress", { max: 1, hidden: true });
  #status = el("p", { class: "status" }, el("span", { class: "pulse" }), this.#message, this.#elapsed, this.#bar);
  #legend = el("ul", { class: "legend" });
  #rawText = new Text();
  #raw = el("details", { class: "raw", hidden: true }, el("summary", {}, S.raw), el("pre", {}, this.#rawText));
  #foot = el("footer");
  #clock = setInterval(() => this.#tick(), 250);

  /**
   * @param {Request} request
   * @param {Actions} actions
   */
  constructor(request, actions) {
    this.#request = request;
    this.#actions = actions;
    const { task } = request;
    this.#rows = new RowMaker(task);
    this.#table = new KnowledgeTable(task);
    this.#source = new SourceText(request.text);
    link(this.#table, this.#source);
    const title = el("h2", {}, S.tasks[task]);
    if (request.entity) title.append(el("span", { class: "about" }, request.entity));
    const edit = button(S.edit, "quiet-button", () => actions.edit(request), S.editTitle);
    this.element = el(
      "article",
      { class: "turn running" },
      el(
        "section",
        { class: "message user", "aria-label": S.you },
        el("header", {}, title, edit),
        this.#source.element,
        this.#legend,
      ),
      el(
        "section",
        { class: "message answer", "aria-label": S.answer },
        this.#status,
        this.#table.element,
        this.#foot,
        this.#raw,
      ),
    );
  }

  /** @param {{event: string, data: any}} event of the answer's stream */
  take({ event, data }) {
    if (event === "status") this.#say(data.message ?? S.working, data.done);
    else if (event === "token") this.#token(data.text);
    else if (event === "item") this.#item(data);
    else if (event === "done") this.#done(data);
  }

  stopped() {
    this.#end();
    this.#foot.append(el("p", { class: "note" }, S.stopped), this.#buttons(null, true));
    announce(S.stopped);
  }

  /** @param {RequestFailed} error */
  failed({ code, message, retryAfter }) {
    this.#end();
    const own = { network: S.networkMessage, broken: S.brokenMessage }[code];
    const lines = [own ?? message, retryAfter === null ? "" : S.retryAfter(retryAfter)];
    if (this.#table.rows.length > 0 && code !== "broken") lines.push(S.incomplete);
    const box = el("div", { class: "error", role: "alert" });
    this.#foot.append(box, this.#buttons(null, true));
    // Filled after it is on the page, since an alert that arrives full is not always read out.
    box.append(
      el("strong", {}, S.errors[code] ?? S.errors.internal),
      ...lines.filter(Boolean).map((line) => el("p", {}, line)),
    );
  }

  /** @param {any} data */
  #item(data) {
    if (this.#table.rows.length === 0) this.#say(S.working, null);
    this.#table.add(this.#rows.ofItem(data));
    this.#mark();
  }

  /** @param {any} data */
  #done(data) {
    this.#end();
    this.#table.replace(this.#rows.ofKnowledge(data.knowledge));
    this.#mark();
    if (data.lang) this.#source.element.lang = data.lang;
    const found = counted(this.#table.rows).length;
    const { task } = this.#rows;
    const summary = found > 0 ? S.caption(task, found) : S.nothing[task];
    if (this.#table.rows.length === 0) this.#foot.append(el("p", { class: "note" }, summary));
    this.#foot.append(...factsOf(data), this.#buttons(data.knowledge, false));
    announce(`${summary}, ${secondsOf(data.elapsed_ms)}`);
  }

  /** @param {string} text */
  #token(text) {
    this.#raw.hidden = false;
    this.#rawText.appendData(text);
  }

  #mark() {
    this.#source.mark(this.#table.rows);
    const kinds = new Map();
    for (const row of this.#table.rows) {
      for (const { kind, label } of row.spans) {
        kinds.set(kind, kind === "value" ? S.kinds.value : label);
      }
    }
    this.#legend.replaceChildren(
      ...[...kinds].map(([kind, label]) => el("li", { class: `tag ${kind}` }, label)),
    );
  }

  /**
   * @param {string} message
   * @param {number | null} done share of the way, if known
   */
  #say(message, done) {
    if (message !== this.#message.textContent) announce(message);
    this.#message.textContent = message;
    this.#bar.hidden = done === null;
    if (done !== null) this.#bar.value = done;
  }

  #tick() {
    const seconds = Math.floor((performance.now() - this.#started) / 1000);
    this.#elapsed.textContent = S.seconds(String(seconds));
  }

  #end() {
    clearInterval(this.#clock);
    this.#status.hidden = true;
    this.element.classList.remove("running");
  }

  /**
   * @param {unknown} knowledge
   * @param {boolean} again whether the same request may be sent once more
   */
  #buttons(knowledge, again) {
    const { task } = this.#rows;
    const line = el("p", { class: "buttons" });
    if (again) {
      const retry = () => this.#actions.retry(this.#request, this);
      line.append(button(S.retry, "retry", retry));
    }
    line.append(...copyButtons(task, this.#table.rows, knowledge));
    if (!again) {
      const others = TASKS.filter((name) => name !== task).map((name) =>
        button(S.tasks[name], "quiet-button", () =>
          this.#actions.run({ ...this.#request, task: name, entity: "" }),
        ),
      );
      line.append(el("span", { class: "same-text" }, S.sameText, ...others));
    }
    return line;
  }
}

/**
 * Says a change of state to a screen reader, apart from the stream of the answer.
 * @param {string} text
 */
function announce(text) {
  byId("announcer", HTMLElement).textContent = text;
}
