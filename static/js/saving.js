// Saves answers as a file in another tool's format; the server writes it.

import { reach, failure } from "./api.js";
import { el } from "./dom.js";
import { S } from "./strings.js";
import { announce } from "./turn.js";

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
    const said = await save(name, `kex.${ending}`, answers()).then(
      () => S.saved,
      () => S.saveFailed,
    );
    menu.disabled = false;
    menu.options[0].textContent = said;
    menu.value = "";
    announce(said);
    setTimeout(() => (menu.options[0].textContent = label), 1600);
  });
  return menu;
}

/** @param {string} format @param {string} file @param {any[]} answers */
async function save(format, file, answers) {
  const response = await reach("/export", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ format, answers }),
  });
  if (!response.ok) throw await failure(response);
  const address = URL.createObjectURL(await response.blob());
  el("a", { href: address, download: file }).click();
  // Some browsers begin to read it only after this task.
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
