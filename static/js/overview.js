// The button that draws one graph of all answers on the page.

import { byId } from "./dom.js";
import { Findings } from "./findings.js";

/** @import {Turn} from "./turn.js" */

export class Overview {
  #button = byId("graph-button", HTMLButtonElement);
  /** @type {WeakMap<Element, Turn>} */
  #turns = new WeakMap();
  #chat;

  /** @param {HTMLElement} chat where the turns are */
  constructor(chat) {
    this.#chat = chat;
    this.#button.addEventListener("click", () => this.#draw());
  }

  /** @param {Turn} turn */
  know(turn) {
    this.#turns.set(turn.element, turn);
  }

  /** The graph of all says more than that of one from the second answer on. */
  offer() {
    this.#button.hidden = this.#drawable().length < 2;
  }

  /** Takes a drawn graph from the page: behind the last answer it would stand in the next one's way. */
  clear() {
    for (const old of this.#chat.querySelectorAll(".merged")) old.remove();
  }

  /** The answers that hold something to draw. */
  #drawable() {
    return [...this.#chat.children]
      .map((element) => this.#turns.get(element))
      .filter((turn) => turn instanceof Findings)
      .filter((turn) => turn.rows.some((row) => row.link));
  }

  async #draw() {
    const { mergedGraph } = await import("./merged.js");
    this.clear();
    const { element, draw } = mergedGraph(this.#drawable());
    this.#chat.append(element);
    draw();
    element.scrollIntoView({ block: "start" });
  }
}
