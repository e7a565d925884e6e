// The triples or facts of one answer as a graph. Loaded, with the library that draws it, when the
// first graph is opened. The table stays the view for those who cannot see.

import { button, el } from "../core/dom.js";
import { t } from "../core/wording.js";
import { READABLE, bestConnected, elementsOf } from "./elements.js";
import { hubsOf, layoutFor, PADDING, styleOf } from "./style.js";

/** @import {Row} from "../types" */

const { pathname } = new URL("../../css/graph.css", import.meta.url);
const sheet = el("link", { rel: "stylesheet", href: pathname });
const dressed = new Promise((done) => (sheet.onload = sheet.onerror = done));
document.head.append(sheet);
// The library would add a style element of its own, which the security policy refuses; the rule
// that it wants is in graph.css.
document.head.append(el("meta", { id: "__________cytoscape_stylesheet" }));
const { default: cytoscape } = await import("../../vendor/cytoscape.esm.min.js");
await dressed; // the colours of the drawing come from there

const STEP = 1.3; // of a zoom
const CLOSEST = 1.2; // zoom to begin with
const LEGEND = [
  ["head", t("page.graph.head")],
  ["tail", t("page.graph.tail")],
  ["inferred", t("page.graph.inferred")],
];

export class Graph {
  #rows;
  #quotes;
  #linking;
  #visit;
  // The table has all that the canvas shows; the keys here are for those who can see it.
  #canvas = el("div", { class: "canvas", role: "application", tabindex: 0 });
  #sentence = el("p", { class: "evidence", role: "status" });
  #relation = el("select", { "aria-label": t("knowledge.field.relation") });
  #note = el("p", { class: "note", hidden: true }, el("span"), " ");
  #legend = el("ul", { class: "keys" });
  /** The row that the keys have come to. */
  #at = "";
  /** Whether all nodes are drawn, however many there are. */
  #all = false;
  /** @type {any} */
  #cy = null;

  /**
   * @param {Row[]} rows those with a link are drawn
   * @param {(row: Row) => string[]} quotes the sentences that state it
   * @param {import("../core/linking.js").Linking} linking
   * @param {((label: string) => void) | null} visit what a click on a node does, if anything
   */
  constructor(rows, quotes, linking, visit = null) {
    this.#rows = rows;
    this.#quotes = quotes;
    this.#linking = linking;
    this.#visit = visit;
    this.#note.append(button(t("page.graph.draw_all"), "quiet-button", () => this.#drawAll()));
    this.element = el(
      "div",
      { class: "graph", role: "group", "aria-label": t("page.graph.title") },
      el(
        "p",
        { class: "buttons" },
        this.#relation,
        button("+", "quiet-button", () => this.#zoom(STEP), t("page.graph.zoom_in")),
        button("−", "quiet-button", () => this.#zoom(1 / STEP), t("page.graph.zoom_out")),
        button(t("page.graph.fit"), "quiet-button", () => this.#fit()),
      ),
      this.#note,
      this.#sentence,
      this.#canvas,
      this.#legend,
    );
    this.#relation.addEventListener("change", () => this.draw());
    this.#canvas.addEventListener("keydown", (event) => this.#key(event));
    // A wheel scrolls the page, as everywhere; held down, Ctrl makes it zoom, as everywhere.
    const wheel = (/** @type {boolean} */ zooms) => this.#cy?.userZoomingEnabled(zooms);
    this.#canvas.addEventListener("wheel", (e) => wheel(e.ctrlKey || e.metaKey), { capture: true });
    this.#canvas.addEventListener("pointerdown", () => wheel(true), { capture: true });
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
    this.#at = "";
    this.#sentence.replaceChildren();
    const wanted = this.#chosen(rows);
    const all = elementsOf(wanted);
    const { nodes, edges } = this.#all ? all : bestConnected(all, READABLE);
    this.#note.hidden = nodes.length === all.nodes.length;
    /** @type {HTMLElement} */ (this.#note.firstElementChild).textContent = t("page.graph.partly", {
      shown: nodes.length,
      all: all.nodes.length,
    });
    const summary = t("page.graph.summary", {
      nodes: t("knowledge.nodes", { count: nodes.length }),
      edges: t("knowledge.edges", { count: edges.length }),
    });
    this.#canvas.setAttribute("aria-label", summary);
    this.#explain(all);
    this.#cy = cytoscape({
      container: this.#canvas,
      elements: { nodes, edges },
      style: styleOf(this.element, edges.length),
      layout: layoutFor(nodes.length),
      minZoom: 0.05,
      maxZoom: 4,
    });
    this.#turn();
    hubsOf(this.#cy.nodes()).addClass("hub");
    this.#cy.on("zoom", () => this.#cy.style().update()); // some names keep their size
    if (this.#cy.zoom() > CLOSEST) this.#cy.zoom(CLOSEST).center(); // few nodes need not fill it
    this.#follow();
  }

  /** A graph that is tall in a wide frame is laid on its side, and drawn larger. */
  #turn() {
    const { w, h } = this.#cy.elements().boundingBox();
    if (w < h === this.#cy.width() < this.#cy.height()) return;
    this.#cy.nodes().positions((/** @type {any} */ node) => {
      const { x, y } = node.position();
      return { x: y, y: x };
    });
    this.#cy.fit(undefined, PADDING);
  }

  /**
   * The library reports the pointer, no element does; this is the edge that the keys have reached.
   * @returns {string[]}
   */
  rowsAt() {
    return this.#at && document.activeElement === this.#canvas ? [this.#at] : [];
  }

  /** @param {string[]} rows */
  light(rows) {
    const wanted = new Set(rows);
    this.#cy.batch(() => {
      this.#cy.elements(".lit").removeClass("lit");
      const edges = this.#cy
        .edges()
        .filter((/** @type {any} */ edge) => wanted.has(edge.data("row")));
      edges.union(edges.connectedNodes()).addClass("lit");
    });
    if (rows.length === 1) this.#tell(rows[0]);
  }

  /** @param {string} row whose edge comes into sight, if it is drawn */
  show(row) {
    const edge = this.#cy.edges().filter((/** @type {any} */ one) => one.data("row") === row);
    if (edge.empty()) return;
    const { x1, y1, x2, y2 } = this.#cy.extent();
    const { x, y } = edge.midpoint();
    if (x < x1 || x > x2 || y < y1 || y > y2) this.#cy.center(edge);
  }

  #follow() {
    const light = (/** @type {any} */ { target }) => {
      const edges = target.isNode() ? target.connectedEdges() : target;
      this.#linking.light(edges.map((/** @type {any} */ edge) => edge.data("row")));
    };
    this.#cy.on("mouseover", "node, edge", light);
    this.#cy.on("mouseout", "node, edge", () => this.#linking.light([]));
    this.#cy.on("tap", "node", (/** @type {any} */ { target }) =>
      this.#visit?.(target.data("label")),
    );
    this.#cy.on("tap", "edge", (/** @type {any} */ { target }) => {
      this.#at = target.data("row");
      this.#linking.choose(this.#at, this);
    });
  }

  /** The sentences behind an edge. @param {string} number */
  #tell(number) {
    const row = this.#rows[Number(number)];
    if (!row?.link) return;
    const { from, name, to } = row.link;
    const quotes = this.#quotes(row);
    this.#sentence.replaceChildren(
      el("strong", {}, `${from} — ${name} → ${to}`),
      ...quotes.map((quote) => el("q", {}, quote)),
      quotes.length > 0 ? "" : t("page.graph.no_evidence"),
    );
  }

  /**
   * The rows of the chosen relation, or all; others keep their number, but have nothing to draw.
   * @param {Row[]} rows
   */
  #chosen(rows) {
    const counts = new Map();
    for (const { link } of rows) if (link) counts.set(link.name, (counts.get(link.name) ?? 0) + 1);
    const { value } = this.#relation;
    const name = counts.has(value) ? value : "";
    this.#relation.replaceChildren(
      el("option", { value: "" }, t("page.graph.all_relations")),
      ...[...counts].map(([one, n]) => el("option", { value: one }, `${one} (${n})`)),
    );
    this.#relation.value = name;
    this.#relation.hidden = counts.size < 2;
    return name
      ? rows.map((row) => (row.link?.name === name ? row : { ...row, link: undefined }))
      : rows;
  }

  /** What the colours mean that there are. @param {ReturnType<typeof elementsOf>} elements */
  #explain({ nodes, edges }) {
    const there = new Set([...nodes, ...edges].map(({ classes }) => classes));
    const shown = LEGEND.filter(([kind]) => there.has(kind));
    this.#legend.replaceChildren(...shown.map(([kind, word]) => el("li", { class: kind }, word)));
  }

  #drawAll() {
    this.#all = true;
    this.draw();
    this.#canvas.focus();
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    /** @type {Record<string, () => void>} */
    const acts = {
      ArrowRight: () => this.#walk(1),
      ArrowDown: () => this.#walk(1),
      ArrowLeft: () => this.#walk(-1),
      ArrowUp: () => this.#walk(-1),
      "+": () => this.#zoom(STEP),
      "=": () => this.#zoom(STEP),
      "-": () => this.#zoom(1 / STEP),
      0: () => this.#fit(),
    };
    if (!acts[event.key]) return;
    event.preventDefault();
    acts[event.key]();
  }

  /** Goes to the next edge and shows what states it. @param {number} step */
  #walk(step) {
    const edges = this.#cy.edges().toArray();
    if (edges.length === 0) return;
    const at = edges.findIndex((/** @type {any} */ edge) => edge.data("row") === this.#at);
    const next = edges[at < 0 ? 0 : (at + step + edges.length) % edges.length];
    this.#at = next.data("row");
    this.show(this.#at);
    this.#linking.choose(this.#at, this);
  }

  #fit() {
    this.#cy.fit(undefined, 20);
  }

  /** @param {number} factor */
  #zoom(factor) {
    const { width, height } = this.#canvas.getBoundingClientRect();
    const level = this.#cy.zoom() * factor;
    this.#cy.zoom({ level, renderedPosition: { x: width / 2, y: height / 2 } });
  }
}
