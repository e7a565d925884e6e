// The same request to another model, and both answers in one table. Loaded when it is first asked for.

import { RequestFailed, ask } from "./api.js";
import { button, el } from "./dom.js";
import { folded } from "./fold.js";
import { RowMaker, counted, stringsOf } from "./knowledge.js";
import { S, secondsOf } from "./strings.js";
import { announce, errorBox } from "./turn.js";

/** @import {Request, Row} from "./types" */

const { pathname } = new URL("../css/comparing.css", import.meta.url);
document.head.append(el("link", { rel: "stylesheet", href: pathname }));

/**
 * A section that fills once the other model has answered; it is not kept in the conversation.
 * @param {Request} request
 * @param {Row[]} rows of the first answer
 * @param {string} first model that gave it
 * @param {string} second model to be asked
 */
export function comparison(request, rows, first, second) {
  const stop = new AbortController();
  const status = el("p", { class: "status", role: "status" }, S.asking(second), " ");
  status.append(button(S.stop, "quiet-button", () => stop.abort()));
  const title = S.compared(first, second);
  const element = el("div", { class: "comparison", role: "group", "aria-label": title }, status);
  compare();
  return element;

  async function compare() {
    try {
      const own = { ...request, model: second, conversation: "", turn: undefined };
      for await (const { event, data } of ask(own, stop.signal)) {
        if (event !== "done") continue;
        const others = new RowMaker(request.task).ofKnowledge(data.knowledge);
        element.replaceChildren(tableOf(title, first, second, rows, others, request.task));
        element.append(el("p", { class: "measures" }, `${second} · ${secondsOf(data.elapsed_ms)}`));
        announce(title);
      }
    } catch (error) {
      if (stop.signal.aborted) element.remove();
      else if (error instanceof RequestFailed) {
        element.replaceChildren(errorBox(error, [error.message]));
      } else throw error;
    }
  }
}

/**
 * @param {string} title
 * @param {string} first
 * @param {string} second
 * @param {Row[]} rows
 * @param {Row[]} others
 * @param {string} task
 */
function tableOf(title, first, second, rows, others, task) {
  /** @type {Map<string, {parts: string[], in: [boolean, boolean]}>} */
  const items = new Map();
  [rows, others].forEach((list, side) => {
    for (const row of counted(list)) {
      const parts = stringsOf(task, row);
      const key = JSON.stringify(parts.map(folded));
      const item = items.get(key) ?? { parts, in: [false, false] };
      item.in[side] = true;
      items.set(key, item);
    }
  });
  const both = [...items.values()].filter((item) => item.in[0] && item.in[1]).length;
  const head = [S.item, first, second].map((name) => el("th", { scope: "col" }, name));
  return el(
    "table",
    { class: "knowledge" },
    el("caption", {}, `${title}: ${S.agreeing(both, items.size)}`),
    el("thead", {}, el("tr", {}, ...head)),
    el("tbody", {}, ...[...items.values()].map((item) => lineOf(item))),
  );
}

/** @param {{parts: string[], in: [boolean, boolean]}} item */
function lineOf(item) {
  const marks = item.in.map((there) =>
    el("td", { class: there ? "there" : "lacking" }, there ? "✓" : S.lacking),
  );
  const same = item.in[0] && item.in[1];
  const name = el("th", { scope: "row" }, item.parts.join(" · "));
  return el("tr", { class: same ? null : "differs" }, name, ...marks);
}
