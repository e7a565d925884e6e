// What a graph draws: nodes and edges of an answer's rows, and which of them where there are too many.

import { folded } from "../core/folding.js";

/** @import {Row} from "../types" */

/** @typedef {{data: {id: string, label: string}, classes: string}} Node */
/** @typedef {{data: {source: string, target: string, name: string, row: string}, classes: string}} Edge */

/** Nodes that one can still tell apart on a screen. */
export const READABLE = 120;

/**
 * Nodes and edges; strings that differ in width, case or white space only are one node. What a text
 * denies or doubts is no edge.
 * @param {Row[]} rows
 * @returns {{nodes: Node[], edges: Edge[]}}
 */
export function elementsOf(rows) {
  /** @type {Map<string, Node>} */
  const nodes = new Map();
  const nodeOf = (/** @type {string} */ label, /** @type {string} */ kind) => {
    const id = folded(label);
    const node = nodes.get(id) ?? { data: { id, label }, classes: kind };
    if (kind === "head") node.classes = kind;
    nodes.set(id, node);
    return id;
  };
  const edges = rows.flatMap(({ link, cells, assertion }, index) =>
    link && assertion !== "negated" && assertion !== "uncertain"
      ? [
          {
            data: {
              source: nodeOf(link.from, "head"),
              target: nodeOf(link.to, "tail"),
              name: link.name,
              row: String(index),
            },
            classes: cells.some(({ status }) => status === "inferred") ? "inferred" : "",
          },
        ]
      : [],
  );
  return { nodes: [...nodes.values()], edges };
}

/**
 * The best connected nodes with the edges between them, around the largest first.
 * @param {{nodes: Node[], edges: Edge[]}} elements
 * @param {number} most nodes
 * @returns {{nodes: Node[], edges: Edge[]}}
 */
export function bestConnected({ nodes, edges }, most) {
  if (nodes.length <= most) return { nodes, edges };
  /** @type {Map<string, Set<string>>} */
  const neighbours = new Map(nodes.map(({ data }) => [data.id, new Set()]));
  for (const { data } of edges) {
    neighbours.get(data.source)?.add(data.target);
    neighbours.get(data.target)?.add(data.source);
  }
  const degree = (/** @type {string} */ id) => neighbours.get(id)?.size ?? 0;
  const larger = (/** @type {string} */ a, /** @type {string} */ b) => degree(b) - degree(a);
  const kept = new Set();
  // From each of the largest outwards: a node without its neighbours would say nothing.
  for (const start of [...neighbours.keys()].sort(larger)) {
    const line = [start];
    for (let id = line.shift(); id !== undefined && kept.size < most; id = line.shift()) {
      if (kept.has(id)) continue;
      kept.add(id);
      line.push(...[...(neighbours.get(id) ?? [])].sort(larger));
    }
    if (kept.size >= most) break;
  }
  return {
    nodes: nodes.filter(({ data }) => kept.has(data.id)),
    edges: edges.filter(({ data }) => kept.has(data.source) && kept.has(data.target)),
  };
}
