// The triples or facts of one answer as a graph. Loaded, with the library that draws it, when the
// first graph is opened. The table stays the view for those who cannot see or point.

import { button, el } from "./dom.js";
import { G } from "./graphwords.js";

/** @import {Row} from "./types" */

const LABELS_UP_TO = 150; // edges; beyond, names of relations show where one points
const FORCES_UP_TO = 220; // nodes; springs between more take seconds

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

  /**
   * @param {Row[]} rows those with a link are drawn
   * @param {string} text the source, for the sentences
   * @param {import("./linking.js").Linking} linking
   */
  constructor(rows, text, linking) {
    this.#rows = rows;
    this.#linking = linking;
    this.text = [...text];
    const zoom = (/** @type {number} */ factor) => () => this.#zoom(factor);
    this.element = el(
      "section",
      { class: "graph", "aria-label": G.graph },
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

  /** To be called when the element is on the page: drawing needs its size. */
  draw() {
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
    this.#linking.add(this);
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

  /** The sentence behind an edge. @param {string} row */
  #tell(row) {
    const { link } = this.#rows[Number(row)];
    if (!link) return;
    const { from, name, to, evidence } = link;
    const quote = evidence
      ? this.text.slice(evidence.start, evidence.end).join("").trim()
      : G.unfound;
    this.#sentence.replaceChildren(
      el("strong", {}, `${from} — ${name} → ${to}`),
      el("q", {}, quote),
    );
  }

  #fillRelations() {
    const counts = new Map();
    for (const { link } of this.#rows) {
      if (link) counts.set(link.name, (counts.get(link.name) ?? 0) + 1);
    }
    this.#relation.append(
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
    const id = label.normalize("NFKC").toLowerCase().replace(/\s+/gu, " ").trim();
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

/** @param {number} nodes */
const layoutFor = (nodes) =>
  nodes <= FORCES_UP_TO
    ? {
        name: "cose",
        animate: false,
        randomize: false,
        nodeDimensionsIncludeLabels: true,
        idealEdgeLength: () => 70,
        nodeRepulsion: () => 6_000,
        componentSpacing: 24,
        padding: 16,
      }
    : {
        name: "concentric",
        animate: false,
        minNodeSpacing: 12,
        concentric: (/** @type {any} */ node) => node.degree(),
        levelWidth: () => 2,
        padding: 20,
      };

/** The colours of the page's scheme. @param {HTMLElement} element @param {number} edges */
function styleOf(element, edges) {
  const scheme = getComputedStyle(element);
  const colour = (/** @type {string} */ name) => scheme.getPropertyValue(`--${name}`).trim();
  return [
    {
      selector: "node",
      style: {
        label: "data(label)",
        color: colour("ink"),
        "background-color": colour("graph-tail"),
        "font-size": 14,
        width: 16,
        height: 16,
        "text-valign": "bottom",
        "text-margin-y": 3,
        "text-wrap": "ellipsis",
        "text-max-width": "140px",
        "text-outline-color": colour("sheet"),
        "text-outline-width": 2,
        "min-zoomed-font-size": 6,
      },
    },
    {
      selector: "node.head",
      style: { "background-color": colour("graph-head"), width: 22, height: 22 },
    },
    {
      selector: "edge",
      style: {
        label: edges <= LABELS_UP_TO ? "data(name)" : "",
        width: 1.5,
        color: colour("soft"),
        "line-color": colour("graph-edge"),
        "target-arrow-color": colour("graph-edge"),
        "target-arrow-shape": "triangle",
        "curve-style": "bezier",
        "font-size": 12,
        "text-rotation": "autorotate",
        "text-outline-color": colour("sheet"),
        "text-outline-width": 2,
        "min-zoomed-font-size": 7,
      },
    },
    {
      selector: ".lit",
      style: {
        "background-color": colour("accent"),
        "line-color": colour("accent"),
        "target-arrow-color": colour("accent"),
        "z-index": 9,
      },
    },
    { selector: "edge.lit", style: { label: "data(name)", color: colour("ink"), width: 2.5 } },
    { selector: ".away", style: { display: "none" } },
  ];
}
