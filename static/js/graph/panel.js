// The graph of one answer and the button that opens it, beside the text; what draws it is loaded then.

import { button } from "../core/dom.js";
import { lazy } from "../core/feedback.js";
import { t } from "../core/wording.js";

/** @import {Linking} from "../core/linking.js" */
/** @import {Row} from "../types" */

const PAUSE = 150; // ms without a change; a layout takes longer than a key

export class GraphPanel {
  #turn;
  #rows;
  #quotes;
  #linking;
  /** @type {import("./graph.js").Graph | null} */
  #graph = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {HTMLElement} turn
   * @param {() => Row[]} rows what is to be drawn now
   * @param {(row: Row) => string[]} quotes
   * @param {Linking} linking
   */
  constructor(turn, rows, quotes, linking) {
    this.#turn = turn;
    this.#rows = rows;
    this.#quotes = quotes;
    this.#linking = linking;
    this.toggle = button(t("knowledge.graph"), "quiet-button", () => this.#toggle());
    this.toggle.setAttribute("aria-expanded", "false");
  }

  /** To be called when the rows have changed. */
  redraw() {
    clearTimeout(this.#timer);
    if (this.#open) this.#timer = setTimeout(() => this.#graph?.draw(this.#rows()), PAUSE);
  }

  get #open() {
    return this.#turn.classList.contains("drawn");
  }

  async #toggle() {
    this.toggle.disabled = true;
    const module = await lazy(import("./graph.js"), this.#turn);
    this.toggle.disabled = false;
    if (!module) return;
    this.#graph ??= new module.Graph([], this.#quotes, this.#linking);
    const { element } = this.#graph;
    const open = this.#turn.classList.toggle("drawn");
    this.toggle.setAttribute("aria-expanded", String(open));
    if (!open) return element.remove();
    this.#turn.querySelector(".user")?.append(element);
    this.#graph.draw(this.#rows());
    element.scrollIntoView({ block: "nearest" });
  }
}
