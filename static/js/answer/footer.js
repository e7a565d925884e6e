// What stands under an answer: model, time, tokens, warnings, and what can be done with the answer.

import { button, el } from "../core/dom.js";
import { langOf } from "../core/feedback.js";
import { toTsv } from "../core/rows.js";
import { secondsOf, t, tOf } from "../core/wording.js";

/** @param {any} done data of the `done` event */
export function factsOf({ model, usage, elapsed_ms, warnings }) {
  const parts = [model, secondsOf(elapsed_ms)];
  const written = usage?.completion_tokens ?? 0;
  if (usage?.prompt_tokens != null && usage.completion_tokens != null) {
    parts.push(t("page.tokens", { read: usage.prompt_tokens, written: usage.completion_tokens }));
  }
  if (written > 0 && elapsed_ms > 0) {
    parts.push(t("page.speed", { speed: Math.round((written / elapsed_ms) * 10_000) / 10 }));
  }
  const line = el("p", { class: "measures" }, parts.filter(Boolean).join(" · "));
  const list = (warnings ?? []).map((/** @type {string} */ text) =>
    el("li", { lang: langOf(text) }, text),
  );
  return list.length > 0 ? [line, el("ul", { class: "warnings" }, ...list)] : [line];
}

/**
 * The items that the model gave and the answer leaves out, and why. What does not stand in the text is
 * shown at once: nobody shall take the table for all that the model said.
 * @param {any} done
 */
export function leftOut({ left_out }) {
  const all = left_out ?? [];
  const unfound = all.filter(isUnfound);
  const others = all.filter((/** @type {Left} */ one) => !isUnfound(one));
  return [
    listOf(unfound, "page.left_out.not_in_text", true),
    listOf(others, "page.left_out", false),
  ].flat();
}

/** @typedef {{why: string, item: string[]}} Left */

/** @param {Left} one */
const isUnfound = ({ why }) => why === "not_in_text";

/** @param {Left[]} left @param {"page.left_out" | "page.left_out.not_in_text"} title @param {boolean} open */
function listOf(left, title, open) {
  if (left.length === 0) return [];
  const items = left.map(({ why, item }) =>
    el("li", {}, item.join(" · "), el("span", { class: "aside" }, tOf("knowledge.left_out", why))),
  );
  const head = el("summary", {}, t(title, { count: items.length }));
  return [el("details", { class: "left-out", open }, head, el("ul", {}, ...items))];
}

/**
 * @param {string} task
 * @param {{rows: import("../types").Row[]}} table
 * @param {(() => unknown) | null} knowledge null while the answer is not whole: half of it is not to be exported
 */
export function copyButtons(task, table, knowledge) {
  const buttons = [];
  if (table.rows.length > 0)
    buttons.push(copyButton(t("page.copy.table"), () => toTsv(task, table.rows)));
  if (knowledge)
    buttons.push(copyButton(t("page.copy.json"), () => JSON.stringify(knowledge(), null, 2)));
  return buttons;
}

/**
 * @param {string} label
 * @param {() => string} content
 */
export function copyButton(label, content) {
  const element = button(label, "quiet-button", async () => {
    element.textContent = (await copy(content())) ? t("page.copy.done") : t("page.copy.failed");
    setTimeout(() => (element.textContent = label), 1600);
  });
  return element;
}

/**
 * @param {string} text
 * @returns {Promise<boolean>} whether the clipboard has it now
 */
async function copy(text) {
  if (navigator.clipboard) {
    return navigator.clipboard.writeText(text).then(
      () => true,
      () => false,
    );
  }
  // Over plain http from another machine there is no clipboard object; the old command still works.
  const box = el("textarea", { class: "sr-only", readonly: true });
  box.value = text;
  document.body.append(box);
  box.select();
  const copied = document.execCommand("copy");
  box.remove();
  return copied;
}
