// One graph of all answers on the page. Loaded, with the graph, when it is first asked for.

import { el } from "../core/dom.js";
import { folded } from "../core/folding.js";
import { Linking } from "../core/linking.js";
import { t } from "../core/wording.js";
import { Graph } from "./graph.js";

/** @import {Findings} from "../answer/findings.js" */
/** @import {Row} from "../types" */

/**
 * A section with the graph of everything that the answers state; `draw` shows it, again or anew.
 * @param {() => Findings[]} answers
 */
export function mergedGraph(answers) {
  /** @type {Map<Row, string[]>} */
  let quotes = new Map();
  const graph = new Graph([], (row) => quotes.get(row) ?? [], new Linking());
  const element = el(
    "section",
    { class: "merged" },
    el("h2", {}, t("page.graph.combined")),
    graph.element,
  );
  const draw = () => {
    quotes = statementsOf(answers());
    graph.draw([...quotes.keys()]);
  };
  return { element, draw };
}

/**
 * What the answers state, with the sentences that do; what several state is one row.
 * @param {Pick<Findings, "rows" | "quotes">[]} answers
 */
export function statementsOf(answers) {
  /** @type {Map<string, {row: Row, quotes: Set<string>}>} */
  const merged = new Map();
  for (const answer of answers) {
    for (const row of answer.rows) {
      if (!row.link) continue;
      const key = JSON.stringify([row.link.from, row.link.name, row.link.to].map(folded));
      const known = merged.get(key) ?? { row, quotes: new Set() };
      for (const quote of answer.quotes(row)) known.quotes.add(quote);
      merged.set(key, known);
    }
  }
  return new Map([...merged.values()].map((one) => [one.row, [...one.quotes]]));
}
