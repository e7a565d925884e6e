// The Markdown that models write, as elements. Nothing of it becomes markup that it does not name:
// HTML stays the text that it is, pictures are named and not loaded.

import { lexer } from "../../vendor/marked.esm.js";
import { el } from "../core/dom.js";

/** @import {Token} from "../types" */

const OPTIONS = { gfm: true, breaks: true };
/** Lists and quotations that nest deeper are no text for people, and would take seconds. */
const NESTED = /(?:(?:[-*+>]|\d+[.)])[ \t]+(?:\[[ x]\][ \t]+)?){64}|>{64}|^[ \t]{120}/mu;

/** Shows a text that grows; only the blocks that have changed are made anew. */
export class Markdown {
  #element;
  /** What each shown block was made of. @type {string[]} */
  #shown = [];

  /** @param {HTMLElement} element */
  constructor(element) {
    this.#element = element;
  }

  /** @param {string} text */
  show(text) {
    const blocks = blocksOf(text);
    let same = 0;
    while (same < blocks.length && this.#shown[same] === blocks[same].raw) same += 1;
    const fresh = blocks.slice(same).map(nodeOf);
    while (this.#element.childNodes.length > same) this.#element.lastChild?.remove();
    this.#element.append(...fresh);
    this.#shown = blocks.map(({ raw }) => raw);
  }
}

/** The blocks of a text; one that nests too deep is a block as it stands. @param {string} text */
function blocksOf(text) {
  const plain = [{ type: "plain", raw: text, text }];
  if (NESTED.test(text)) return plain;
  try {
    return lexer(text, OPTIONS).filter(({ type }) => type !== "space");
  } catch (error) {
    // The parser's stack is at its end: a model that turns in circles writes such texts.
    if (error instanceof RangeError) return plain;
    throw error;
  }
}

/** @param {Token[] | undefined} tokens @returns {Node[]} */
const nodesOf = (tokens) => (tokens ?? []).map(nodeOf);

/** @param {Token} token @returns {Node} */
function nodeOf(token) {
  const inner = () => nodesOf(token.tokens);
  switch (token.type) {
    case "paragraph":
      return el("p", {}, ...inner());
    case "heading": // the page's own headings end with the turn's
      return el(depthOf(token.depth ?? 1), {}, ...inner());
    case "strong":
    case "em":
    case "del":
    case "blockquote":
      return el(token.type, {}, ...inner());
    case "codespan":
      return el("code", {}, token.text);
    case "code":
      return el("pre", { tabindex: 0 }, el("code", {}, token.text));
    case "br":
    case "hr":
      return el(token.type);
    case "list":
      return listOf(token);
    case "table":
      return tableOf(token);
    case "link":
      return linkOf(token);
    case "image":
      return new Text(token.raw);
    case "escape":
      return new Text(plain(token.text));
    case "html": // its lines stay lines
      return token.block ? el("p", { class: "plain" }, token.raw.trim()) : new Text(token.raw);
    case "plain":
      return el("p", { class: "plain" }, token.text);
    case "text":
      return token.tokens ? spanOf(inner()) : new Text(plain(token.text));
    default:
      return new Text(token.raw);
  }
}

/** @param {number} depth @returns {"h3" | "h4" | "h5" | "h6"} */
const depthOf = (depth) => /** @type {const} */ (["h3", "h4", "h5", "h6"])[Math.min(depth, 4) - 1];

/** @param {Node[]} nodes */
function spanOf(nodes) {
  const [only] = nodes;
  return nodes.length === 1 ? only : el("span", {}, ...nodes);
}

/** @param {Token} list */
function listOf({ ordered, start, items = [] }) {
  const lines = items.map(({ task, checked, tokens }) => {
    const mark = task ? [checked ? "☑ " : "☐ "] : [];
    const content = (tokens ?? []).filter(({ type }) => type !== "checkbox" && type !== "space");
    return el("li", {}, ...mark, ...nodesOf(content));
  });
  return ordered ? el("ol", { start: start || 1 }, ...lines) : el("ul", {}, ...lines);
}

/** A text whose entities, such as &copy;, are the characters that they stand for. @param {string} text */
const plain = (text) =>
  text.replace(/&(?:#\d{1,7}|#x[\da-f]{1,6}|[a-z][\da-z]{1,31});/giu, (entity) => {
    const { body } = new DOMParser().parseFromString(entity, "text/html");
    return body.textContent ?? entity;
  });

/** @param {Token} table */
function tableOf({ header = [], rows = [], align = [] }) {
  const side = (/** @type {number} */ column) => ({
    class: align[column] && `at-${align[column]}`,
  });
  const head = header.map(({ tokens }, column) =>
    el("th", { scope: "col", ...side(column) }, ...nodesOf(tokens)),
  );
  const lines = rows.map((cells) =>
    el("tr", {}, ...cells.map(({ tokens }, column) => el("td", side(column), ...nodesOf(tokens)))),
  );
  return el("table", {}, el("thead", {}, el("tr", {}, ...head)), el("tbody", {}, ...lines));
}

/** A link to somewhere else; any other address stays text. @param {Token} link */
function linkOf({ href = "", raw, tokens }) {
  if (!/^(https?|mailto):/iu.test(href)) return new Text(raw);
  const rel = "noopener noreferrer";
  return el("a", { href, rel, target: "_blank", title: href }, ...nodesOf(tokens));
}
