// How a graph is laid out and drawn. Loaded with it.

const LABELS_UP_TO = 150; // edges; beyond, names of relations show where one points
const FEW = 20; // nodes
export const PADDING = 16; // pixels around the graph
const FORCES_UP_TO = 220; // nodes; springs between more take seconds
const LEGIBLE = 11; // pixels on the screen, however far away the graph is
const HUBS = 12; // nodes whose names stay legible

/**
 * The best connected, by which one finds one's way in a graph that is too large for all names.
 * @param {any} nodes
 */
export const hubsOf = (nodes) =>
  nodes
    .sort((/** @type {any} */ a, /** @type {any} */ b) => b.degree() - a.degree())
    .slice(0, HUBS);

/** @param {number} nodes */
export const layoutFor = (nodes) =>
  nodes <= FORCES_UP_TO
    ? {
        name: "cose",
        animate: false,
        randomize: false,
        nodeDimensionsIncludeLabels: true,
        // In a small graph the names of relations find room between those of the nodes.
        idealEdgeLength: () => (nodes <= FEW ? 110 : 70),
        nodeRepulsion: () => (nodes <= FEW ? 12_000 : 6_000),
        componentSpacing: 24,
        padding: PADDING,
      }
    : {
        name: "concentric",
        animate: false,
        minNodeSpacing: 12,
        concentric: (/** @type {any} */ node) => node.degree(),
        levelWidth: () => 2,
        padding: PADDING,
      };

/** The colours of the page's scheme. @param {HTMLElement} element @param {number} edges */
export function styleOf(element, edges) {
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
        "min-zoomed-font-size": 9,
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
        "min-zoomed-font-size": 9,
      },
    },
    { selector: "edge.inferred", style: { "line-style": "dashed" } },
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
    {
      selector: ".hub, .lit",
      style: {
        "font-size": (/** @type {any} */ one) => Math.max(14, LEGIBLE / one.cy().zoom()),
        "z-index": 10,
      },
    },
  ];
}
