// The fields that narrow an answer: only these relations, classes or keys, of which each task keeps its
// own, and whether strings have to be pieces of the text.

import { byId } from "../core/dom.js";

export class Constraints {
  #row = byId("only-row", HTMLElement);
  #name = byId("only-name", HTMLElement);
  #input = byId("only-input", HTMLInputElement);
  #button = byId("only-button", HTMLButtonElement);
  #wording = byId("grounding-row", HTMLElement);
  #grounding = byId("grounding-select-box", HTMLSelectElement);
  /** @type {import("./labels.js").Labels | null} */
  #labels = null;
  #task = "";
  /** What was typed for each task. @type {Record<string, string>} */
  all = {};

  constructor() {
    this.#row.hidden = this.#wording.hidden = true;
    this.#input.addEventListener("input", () => {
      this.all[this.#task] = this.#labels?.text ?? this.#input.value;
    });
    this.#button.addEventListener("click", async () => {
      this.#row.hidden = this.#wording.hidden = !this.#row.hidden;
      this.#tell();
      if (this.#row.hidden) return;
      await this.#load();
      this.#input.focus();
    });
  }

  /** The names for the chosen task, as typed; empty for any. */
  get names() {
    return (this.all[this.#task] ?? "").trim();
  }

  /** "strict", "free", or empty: as the task has it. */
  get grounding() {
    return this.#wording.hasAttribute("data-talk") ? "" : this.#grounding.value;
  }

  set grounding(value) {
    const there = [...this.#grounding.options].some((option) => option.value === value);
    this.#grounding.value = there ? value : "";
    this.#wording.hidden = this.#row.hidden && !this.grounding;
  }

  /** @param {string} task @param {string} names */
  fill(task, names) {
    this.all[task] = names;
    if (task === this.#task) this.show(task);
  }

  /** @param {string} task */
  show(task) {
    this.#task = task;
    const name = this.#name.dataset[task.toLowerCase()] ?? "";
    this.#name.textContent = name;
    this.#button.textContent = `${name}…`;
    this.#button.hidden = name === ""; // a talk has no labels
    this.#row.hidden = this.names === "" || name === "";
    this.#wording.toggleAttribute("data-talk", name === "");
    this.#wording.hidden = name === "" || (this.#row.hidden && !this.#grounding.value);
    if (this.#labels) this.#labels.show(task, this.names);
    else this.#input.value = this.names;
    if (!this.#row.hidden) this.#load();
    this.#tell();
  }

  /** Without it the names are typed between commas. */
  async #load() {
    if (this.#labels) return;
    const module = await import("./labels.js").catch(() => null);
    if (!module || this.#labels) return;
    this.#labels = new module.Labels(this.#row, this.#input);
    this.#labels.show(this.#task, this.names);
  }

  #tell() {
    this.#button.setAttribute("aria-expanded", String(!this.#row.hidden));
  }
}
