// The graph around an entity of the knowledge base. Without it its page still has the tables.

import { RequestFailed, call } from "./core/api.js";
import { all, byId } from "./core/dom.js";
import { errorBox, lazy } from "./core/feedback.js";
import { Linking } from "./core/linking.js";
import { tOf } from "./core/wording.js";

/** @import {Row} from "./types" */

const bar = byId("around", HTMLElement);
const { id = "", ui = "" } = bar.dataset;
/** @type {import("./graph/graph.js").Graph | null} */
let graph = null;
/** The sentences behind each row. @type {Map<Row, string[]>} */
let quotes = new Map();

bar.hidden = false;
for (const button of all(bar, "button")) {
  button.addEventListener("click", () => open(button));
}

/** Draws as far as the button says, or closes what it has drawn. @param {HTMLElement} button */
async function open(button) {
  const shown = button.getAttribute("aria-expanded") === "true";
  for (const one of all(bar, "button")) one.setAttribute("aria-expanded", "false");
  for (const old of all(document, "#around ~ .error")) old.remove();
  if (graph) graph.element.hidden = true;
  if (shown) return;
  const found = await load(Number(button.dataset.depth));
  const module = found && (await lazy(import("./graph/graph.js"), bar));
  if (!found || !module) return;
  quotes = found;
  const rows = [...quotes.keys()];
  if (!graph) {
    graph = new module.Graph(rows, (row) => quotes.get(row) ?? [], new Linking(), visit);
    bar.after(graph.element);
  }
  graph.element.hidden = false;
  graph.draw(rows);
  button.setAttribute("aria-expanded", "true");
}

/** Where each node's own page is. @type {Map<string, string>} */
const pages = new Map();

/** @param {string} label of the node that was clicked */
function visit(label) {
  const page = pages.get(label);
  if (page && page !== id) location.href = `/base/entities/${page}?ui=${ui}`;
}

/** @param {number} depth @returns {Promise<Map<Row, string[]> | null>} */
async function load(depth) {
  try {
    const { triples } = await call("GET", `/base/entities/${id}/around?depth=${depth}&limit=300`);
    for (const { head, tail } of triples) {
      for (const one of [head, tail]) if (one.kind === "name") pages.set(one.name, one.id);
    }
    return new Map(triples.map((/** @type {any} */ one) => [rowOf(one), quotesOf(one)]));
  } catch (error) {
    if (!(error instanceof RequestFailed)) throw error;
    bar.after(errorBox(error, [error.message]));
    return null;
  }
}

/** An edge that no source states says that it is planned. @param {any} triple @returns {Row} */
function rowOf({ head, relation, tail, planned, statements }) {
  const mark = planned === statements ? ` (${tOf("knowledge.assertion", "planned")})` : "";
  const link = { from: head.name, name: relation + mark, to: tail.name, evidence: null };
  return { group: "", groupKind: "", cells: [], spans: [], link };
}

const quotesOf = (/** @type {any} */ { sentences }) =>
  sentences.map((/** @type {any} */ { text, source }) => `${text} (${source})`);
