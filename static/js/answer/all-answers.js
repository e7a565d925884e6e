// What the answers on the page amount to: one graph, one file, the entities to ask more about.

import { byId, el } from "../core/dom.js";
import { lazy } from "../core/feedback.js";
import { t } from "../core/wording.js";
import { Findings } from "./findings.js";
import { saveMenu } from "./saving.js";

/** @import {Turn} from "./turn.js" */

const MOST = 200; // names to choose from; a list beyond that helps nobody

export class AllAnswers {
  #button = byId("graph-button", HTMLButtonElement);
  #entities = byId("entity-list", HTMLDataListElement);
  #save = saveMenu(t("page.save.all"), () => this.#answers().flatMap((turn) => turn.saved ?? []));
  /** @type {WeakMap<Element, Turn>} */
  #turns = new WeakMap();
  #chat;
  /** The graph of all answers while it is shown. @type {{element: HTMLElement, draw: () => void} | null} */
  #merged = null;

  /** @param {HTMLElement} chat where the turns are */
  constructor(chat) {
    this.#chat = chat;
    this.#save.className = "bar-button";
    this.#button.after(this.#save);
    this.#button.addEventListener("click", () => this.#toggle());
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
    if (this.#button.hidden) this.clear();
    this.#merged?.draw(); // what was corrected is drawn so
    this.#save.hidden = answers.length < 2;
    const named = answers.findLast((turn) => turn.request.task === "KE2");
    const names = new Map(named?.rows.map((row) => [row.cells[0].text, row.group]));
    this.#entities.replaceChildren(
      ...[...names].slice(0, MOST).map(([value, label]) => el("option", { value, label })),
    );
  }

  /** Whether a person has corrected any answer that is shown. */
  get corrected() {
    return this.#answers(true).some((turn) => turn.corrected);
  }

  /** Takes a drawn graph from the page: behind the last answer it would stand in the next one's way. */
  clear() {
    this.#merged?.element.remove();
    this.#merged = null;
    this.#button.setAttribute("aria-expanded", "false");
  }

  /** The extractions that found something, in their order. @param {boolean} [empty] or nothing */
  #answers(empty = false) {
    return [...this.#chat.children]
      .map((element) => this.#turns.get(element))
      .filter((turn) => turn instanceof Findings)
      .filter((turn) => turn.saved !== null && (empty || turn.rows.length > 0));
  }

  async #toggle() {
    if (this.#merged) return this.clear();
    const module = await lazy(import("../graph/combined.js"), this.#chat);
    if (!module || this.#merged) return;
    this.#merged = module.mergedGraph(() => drawable(this.#answers()));
    const { element, draw } = this.#merged;
    this.#chat.append(element);
    draw();
    this.#button.setAttribute("aria-expanded", "true");
    element.scrollIntoView({ block: "start" });
  }
}

/** @param {Findings[]} answers those with something to draw */
const drawable = (answers) => answers.filter((turn) => turn.rows.some((row) => row.link));
