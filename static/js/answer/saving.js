// Saves answers as a file in another tool's format; the server writes it.

import { reach, failure } from "../core/api.js";
import { el } from "../core/dom.js";
import { announce } from "../core/feedback.js";
import { t } from "../core/wording.js";

/** Name of the format, ending of the file, what people call it. */
const FORMATS = [
  ["html", "html", "HTML"],
  ["csv", "csv", "CSV"],
  ["markdown", "md", "Markdown"],
  ["json", "json", "JSON"],
  ["jsonl", "jsonl", "JSONL"],
  ["turtle", "ttl", "Turtle"],
  ["jsonld", "jsonld", "JSON-LD"],
  ["graphml", "graphml", "GraphML"],
  ["cypher", "cypher", "Cypher"],
];

/**
 * A menu of formats.
 * @param {string} label
 * @param {() => any[]} answers data of their `done` events, corrections and all, with the `text`
 */
export function saveMenu(label, answers) {
  const menu = el(
    "select",
    { class: "quiet-button", "aria-label": label },
    el("option", { value: "" }, label),
    ...FORMATS.map(([name, , title]) => el("option", { value: name }, title)),
  );
  menu.addEventListener("change", async () => {
    const [name, ending] = FORMATS.find(([one]) => one === menu.value) ?? [];
    if (!name) return;
    menu.disabled = true;
    const given = answers();
    const said = await save(name, `${fileName(given)}.${ending}`, given).then(
      () => t("page.save.done"),
      () => t("page.save.failed"),
    );
    menu.disabled = false;
    menu.options[0].textContent = said;
    menu.value = "";
    announce(said);
    setTimeout(() => (menu.options[0].textContent = label), 1600);
  });
  return menu;
}

/**
 * A file name that differs from others: the task of a single answer, and how the text begins.
 * @param {any[]} answers
 */
export function fileName(answers) {
  const [{ text, prompt_type }] = answers;
  return nameOf(text, answers.length === 1 && prompt_type);
}

/** @param {string} text @param {string | false} what it is of */
export function nameOf(text, what) {
  const words = text.match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];
  const begin = [...words.slice(0, 6).join("-")].slice(0, 30).join("").replace(/-$/u, "");
  return ["kex", what, begin].filter(Boolean).join("-");
}

/** @param {string} format @param {string} file @param {any[]} answers */
async function save(format, file, answers) {
  const response = await reach("/export", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ format, answers }),
  });
  if (!response.ok) throw await failure(response);
  download(file, await response.blob());
}

/** @param {string} file its name @param {Blob} content */
export function download(file, content) {
  const address = URL.createObjectURL(content);
  el("a", { href: address, download: file }).click();
  // Some browsers begin to read it only after this task.
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
