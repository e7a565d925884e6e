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
 * A section that fills once the text was asked for otherwise; it is not kept in the conversation.
 * @param {Request} request as it was answered
 * @param {Row[]} rows of that answer
 * @param {Request} other by another model, or for other names
 */
export function comparison(request, rows, other) {
  const [first, second] = namesOf(request, other);
  const title = S.compared(first, second);
  const element = el("div", { class: "comparison", role: "group", "aria-label": title });
  compare();
  return element;

  async function compare() {
    const stop = new AbortController();
    const status = el("p", { class: "status", role: "status" }, S.asking(second), " ");
    status.append(button(S.stop, "quiet-button", () => stop.abort()));
    element.replaceChildren(status);
    try {
      if (other.seen && !other.image) throw new RequestFailed("picture", S.pictureGone);
      const own = { ...other, conversation: "", turn: undefined };
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
        const own = error.code === "network" ? S.networkMessage : error.message;
        element.replaceChildren(errorBox(error, [own]), button(S.retry, "retry", compare));
      } else throw error;
    }
  }
}

/**
 * What each is called: its model, and what else tells the two apart.
 * @param {Request} one
 * @param {Request} other
 */
export function namesOf(one, other) {
  const differ = (/** @type {"lang" | "only"} */ field) => one[field] !== other[field];
  const names = [one, other].map(({ model, lang, only }) =>
    [model, differ("lang") && lang, differ("only") && (only || S.anyNames)]
      .filter(Boolean)
      .join(" · "),
  );
  return names[0] === names[1] ? [names[0], S.onceMore(names[1])] : names;
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
