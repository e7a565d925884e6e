// What the answers on the page amount to: one graph, one file, the entities to ask more about.

import { byId, el } from "./dom.js";
import { Findings } from "./findings.js";
import { saveMenu } from "./saving.js";
import { S } from "./strings.js";

/** @import {Turn} from "./turn.js" */

const MOST = 200; // names to choose from; a list beyond that helps nobody

export class Overview {
  #button = byId("graph-button", HTMLButtonElement);
  #entities = byId("entity-list", HTMLDataListElement);
  #save = saveMenu(S.saveAll, () => this.#answers().flatMap((turn) => turn.saved ?? []));
  /** @type {WeakMap<Element, Turn>} */
  #turns = new WeakMap();
  #chat;

  /** @param {HTMLElement} chat where the turns are */
  constructor(chat) {
    this.#chat = chat;
    this.#save.className = "bar-button";
    this.#button.after(this.#save);
    this.#button.addEventListener("click", () => this.#draw());
    this.offer();
  }

  /** @param {Turn} turn */
  know(turn) {
    this.#turns.set(turn.element, turn);
  }

  /** All answers together say more than one from the second on. */
  offer() {
    const answers = this.#answers();
    this.#button.hidden = drawable(answers).length < 2;
    this.#save.hidden = answers.length < 2;
    const named = answers.findLast((turn) => turn.request.task === "KE2");
    const names = new Map(named?.rows.map((row) => [row.cells[0].text, row.group]));
    this.#entities.replaceChildren(
      ...[...names].slice(0, MOST).map(([value, label]) => el("option", { value, label })),
    );
  }

  /** Takes a drawn graph from the page: behind the last answer it would stand in the next one's way. */
  clear() {
    for (const old of this.#chat.querySelectorAll(".merged")) old.remove();
  }

  /** The extractions that found something, in their order. */
  #answers() {
    return [...this.#chat.children]
      .map((element) => this.#turns.get(element))
      .filter((turn) => turn instanceof Findings)
      .filter((turn) => turn.saved !== null && turn.rows.length > 0);
  }

  async #draw() {
    const { mergedGraph } = await import("./merged.js");
    this.clear();
    const { element, draw } = mergedGraph(drawable(this.#answers()));
    this.#chat.append(element);
    draw();
    element.scrollIntoView({ block: "start" });
  }
}

/** @param {Findings[]} answers those with something to draw */
const drawable = (answers) => answers.filter((turn) => turn.rows.some((row) => row.link));
