// The triples or facts of one answer as a graph. Loaded, with the library that draws it, when the
// first graph is opened. The table stays the view for those who cannot see or point.

import { button, el } from "./dom.js";
import { folded } from "./fold.js";
import { layoutFor, styleOf } from "./graphstyle.js";
import { G } from "./graphwords.js";

/** @import {Row} from "./types" */

const { pathname } = new URL("../css/graph.css", import.meta.url);
const sheet = el("link", { rel: "stylesheet", href: pathname });
const dressed = new Promise((done) => (sheet.onload = sheet.onerror = done));
document.head.append(sheet);
// The library would add a style element of its own, which the security policy refuses; the rule
// that it wants is in graph.css.
document.head.append(el("meta", { id: "__________cytoscape_stylesheet" }));
const { default: cytoscape } = await import("../vendor/cytoscape.esm.min.js");
await dressed; // the colours of the drawing come from there

export class Graph {
  #rows;
  #linking;
  #canvas = el("div", { class: "canvas", role: "img" });
  #sentence = el("p", { class: "evidence", role: "status" });
  #relation = el("select", { "aria-label": G.relation });
  /** @type {any} */
  #cy = null;

  #quotes;

  /**
   * @param {Row[]} rows those with a link are drawn
   * @param {(row: Row) => string[]} quotes the sentences that state it
   * @param {import("./linking.js").Linking} linking
   */
  constructor(rows, quotes, linking) {
    this.#rows = rows;
    this.#quotes = quotes;
    this.#linking = linking;
    const zoom = (/** @type {number} */ factor) => () => this.#zoom(factor);
    this.element = el(
      "div",
      { class: "graph", role: "group", "aria-label": G.graph },
      el(
        "p",
        { class: "buttons" },
        this.#relation,
        button("+", "quiet-button", zoom(1.3), G.closer),
        button("−", "quiet-button", zoom(1 / 1.3), G.further),
        button(G.fit, "quiet-button", () => this.#cy.fit(undefined, 20)),
      ),
      this.#canvas,
      this.#sentence,
    );
    this.#relation.addEventListener("change", () => this.#choose());
  }

  /**
   * To be called when the element is on the page: drawing needs its size. Called again, it draws
   * what the rows have become.
   * @param {Row[]} rows
   */
  draw(rows = this.#rows) {
    if (this.#cy) this.#cy.destroy();
    else this.#linking.add(this);
    this.#rows = rows;
    this.#sentence.replaceChildren();
    const { nodes, edges } = elementsOf(this.#rows);
    this.#canvas.setAttribute("aria-label", G.summary(nodes.length, edges.length));
    this.#fillRelations();
    this.#cy = cytoscape({
      container: this.#canvas,
      elements: { nodes, edges },
      style: styleOf(this.element, edges.length),
      layout: layoutFor(nodes.length),
      minZoom: 0.05,
      maxZoom: 4,
    });
    this.#follow();
  }

  /** @returns {string[]} pointing is told by the library, not by elements */
  rowsAt() {
    return [];
  }

  /** @param {string[]} rows */
  light(rows) {
    const wanted = new Set(rows);
    this.#cy.batch(() => {
      this.#cy.elements(".lit").removeClass("lit");
      if (wanted.size === 0) return;
      const edges = this.#cy
        .edges()
        .filter((/** @type {any} */ edge) => wanted.has(edge.data("row")));
      edges.union(edges.connectedNodes()).addClass("lit");
    });
  }

  #follow() {
    const light = (/** @type {any} */ { target }) => {
      const edges = target.isNode() ? target.connectedEdges() : target;
      this.#linking.light(edges.map((/** @type {any} */ edge) => edge.data("row")));
    };
    this.#cy.on("mouseover", "node, edge", light);
    this.#cy.on("mouseout", "node, edge", () => this.#linking.light([]));
    this.#cy.on("tap", "edge", (/** @type {any} */ { target }) => this.#tell(target.data("row")));
  }

  /** The sentences behind an edge. @param {string} number */
  #tell(number) {
    const row = this.#rows[Number(number)];
    if (!row.link) return;
    const { from, name, to } = row.link;
    const quotes = this.#quotes(row);
    this.#sentence.replaceChildren(
      el("strong", {}, `${from} — ${name} → ${to}`),
      ...quotes.map((quote) => el("q", {}, quote)),
      quotes.length > 0 ? "" : G.unfound,
    );
  }

  #fillRelations() {
    const counts = new Map();
    for (const { link } of this.#rows) {
      if (link) counts.set(link.name, (counts.get(link.name) ?? 0) + 1);
    }
    this.#relation.replaceChildren(
      el("option", { value: "" }, G.allRelations),
      ...[...counts].map(([name, n]) => el("option", { value: name }, `${name} (${n})`)),
    );
    this.#relation.hidden = counts.size < 2;
  }

  #choose() {
    const wanted = this.#relation.value;
    this.#cy.batch(() => {
      this.#cy.elements().removeClass("away");
      if (!wanted) return;
      const edges = this.#cy
        .edges()
        .filter((/** @type {any} */ edge) => edge.data("name") === wanted);
      this.#cy.elements().difference(edges.union(edges.connectedNodes())).addClass("away");
    });
  }

  /** @param {number} factor */
  #zoom(factor) {
    const { width, height } = this.#canvas.getBoundingClientRect();
    const level = this.#cy.zoom() * factor;
    this.#cy.zoom({ level, renderedPosition: { x: width / 2, y: height / 2 } });
  }
}

/**
 * Nodes and edges; strings that differ in width, case or white space only are one node.
 * @param {Row[]} rows
 */
export function elementsOf(rows) {
  const nodes = new Map();
  const nodeOf = (/** @type {string} */ label, /** @type {string} */ kind) => {
    const id = folded(label);
    const node = nodes.get(id) ?? { data: { id, label }, classes: kind };
    if (kind === "head") node.classes = kind;
    nodes.set(id, node);
    return id;
  };
  const edges = rows.flatMap(({ link }, index) =>
    link
      ? [
          {
            data: {
              source: nodeOf(link.from, "head"),
              target: nodeOf(link.to, "tail"),
              name: link.name,
              row: String(index),
            },
          },
        ]
      : [],
  );
  return { nodes: [...nodes.values()], edges };
}
