// The same request to another model, and both answers in one table. Loaded when it is first asked for.

import { RequestFailed, ask } from "../core/api.js";
import { button, el } from "../core/dom.js";
import { announce, errorBox } from "../core/feedback.js";
import { folded } from "../core/folding.js";
import { RowMaker, counted, stringsOf } from "../core/rows.js";
import { secondsOf, t, tOf } from "../core/wording.js";
import { copyButton } from "./footer.js";

/** @import {Request, Row} from "../types" */

const { pathname } = new URL("../../css/comparing.css", import.meta.url);
document.head.append(el("link", { rel: "stylesheet", href: pathname }));

/**
 * Sends the request with other settings and shows both answers above `foot`; not stored in the
 * conversation. One that was asked for before makes room.
 * @param {HTMLElement} foot
 * @param {Request} request as it was answered
 * @param {Row[]} rows of that answer
 * @param {Request} other by another model, or for other names
 */
export function compare(foot, request, rows, other) {
  const [first, second] = namesOf(request, other);
  const title = t("page.compare.title", { first, second });
  const stop = new AbortController();
  const content = el("div");
  const close = () => {
    stop.abort();
    element.remove();
    /** @type {HTMLElement | null} */ (foot.querySelector(".comparer"))?.focus();
  };
  const element = el(
    "section",
    { class: "comparison", "aria-label": title },
    button("×", "close", close, t("page.compare.close")),
    content,
  );
  element.firstElementChild?.setAttribute("aria-label", t("page.compare.close"));
  for (let last = foot.previousElementSibling; last?.matches(".comparison");) {
    const before = last.previousElementSibling;
    if (last.getAttribute("aria-label") === title) last.remove();
    last = before;
  }
  foot.before(element);
  fill();

  async function fill() {
    const status = el(
      "p",
      { class: "status", role: "status" },
      t("page.compare.asking", { model: second }),
    );
    content.replaceChildren(status);
    try {
      if (other.seen && !other.image) throw new RequestFailed("picture", t("page.picture_gone"));
      const own = { ...other, conversation: "", turn: undefined };
      for await (const { event, data } of ask(own, stop.signal)) {
        if (event !== "done") continue;
        const items = itemsOf(
          request.task,
          rows,
          new RowMaker(request.task).ofKnowledge(data.knowledge),
        );
        const head = [t("page.compare.item"), first, second];
        const copy = copyButton(t("page.copy.table"), () => toLines(head, items));
        content.replaceChildren(
          tableOf(title, head, items),
          el("p", { class: "measures" }, `${second} · ${secondsOf(data.elapsed_ms)} `, copy),
        );
        announce(title);
      }
    } catch (error) {
      if (stop.signal.aborted) return;
      if (!(error instanceof RequestFailed)) throw error;
      const own = error.code === "network" ? t("page.error_note.network") : error.message;
      content.replaceChildren(errorBox(error, [own]), button(t("page.retry"), "retry", fill));
    }
  }
}

/**
 * What each is called: its model, and what else tells the two apart.
 * @param {Request} one
 * @param {Request} other
 */
export function namesOf(one, other) {
  const differ = (/** @type {"lang" | "only" | "grounding"} */ field) =>
    (one[field] ?? "") !== (other[field] ?? "");
  const names = [one, other].map(({ model, lang, only, grounding }) =>
    [
      model,
      differ("lang") && lang,
      differ("only") && (only || t("page.compare.any")),
      differ("grounding") && tOf("page.compare.grounding", grounding || "default"),
    ]
      .filter(Boolean)
      .join(" · "),
  );
  return names[0] === names[1] ? [names[0], t("page.compare.again", { model: names[1] })] : names;
}

/** @typedef {{parts: string[], in: [boolean, boolean]}} Item what is said, and in which answer */

/**
 * What the two answers say, each thing once; spellings that differ in width or case only are one.
 * @param {string} task
 * @param {Row[]} rows
 * @param {Row[]} others
 * @returns {Item[]}
 */
export function itemsOf(task, rows, others) {
  /** @type {Map<string, Item>} */
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
  return [...items.values()];
}

/** The comparison as tab separated values. @param {string[]} head @param {Item[]} items */
export function toLines(head, items) {
  const plain = (/** @type {string} */ text) => text.replace(/\s+/gu, " ");
  const cells = items.map((item) => [
    item.parts.join(" · "),
    ...item.in.map((there) => (there ? "+" : "–")),
  ]);
  return [head, ...cells].map((line) => line.map(plain).join("\t")).join("\n");
}

/** @param {string} title @param {string[]} head @param {Item[]} items */
function tableOf(title, head, items) {
  const both = items.filter((item) => item.in[0] && item.in[1]).length;
  const agreement = t("page.compare.agreement", { both, all: items.length });
  return el(
    "table",
    { class: "knowledge" },
    el("caption", {}, title + t("knowledge.colon") + agreement),
    el("thead", {}, el("tr", {}, ...head.map((name) => el("th", { scope: "col" }, name)))),
    el("tbody", {}, ...items.map((item) => lineOf(item))),
  );
}

/** @param {Item} item */
function lineOf(item) {
  const marks = item.in.map((there) =>
    el("td", { class: there ? "there" : "lacking" }, there ? "✓" : t("page.compare.missing")),
  );
  const same = item.in[0] && item.in[1];
  const name = el("th", { scope: "row" }, item.parts.join(" · "));
  return el("tr", { class: same ? null : "differs" }, name, ...marks);
}
