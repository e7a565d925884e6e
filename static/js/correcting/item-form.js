// The form of one item: what an answer's row shall become, or a new one. Loaded with the corrections.

import { button, el } from "../core/dom.js";
import { fieldName } from "../core/rows.js";
import { t } from "../core/wording.js";

export class ItemForm {
  /** @type {HTMLInputElement[]} */
  #inputs;
  /** The field that a piece of the text goes to when it is selected. */
  #field;
  element;

  /**
   * @param {string} title
   * @param {string[]} names of the fields
   * @param {string[]} values
   * @param {(item: Record<string, string>) => void} keep
   * @param {() => void} close
   */
  constructor(title, names, values, keep, close) {
    this.#inputs = names.map((name, at) => {
      const value = values[at] ?? "";
      const input = el("input", { type: "text", name, value, required: true, maxlength: 1000 });
      input.addEventListener("focus", () => (this.#field = input));
      return input;
    });
    this.#field = this.#inputs[0];
    this.element = el(
      "form",
      { class: "correction", "aria-label": title },
      ...this.#inputs.map((input) =>
        el(
          "label",
          {},
          el("span", {}, fieldName(input.name === "text" ? "entity" : input.name)),
          input,
        ),
      ),
      el(
        "p",
        { class: "buttons" },
        el("button", { type: "submit", class: "quiet-button" }, t("page.correct.save")),
        button(t("page.correct.cancel"), "quiet-button", close),
      ),
    );
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      keep(Object.fromEntries(this.#inputs.map((input) => [input.name, input.value])));
    });
    this.element.addEventListener("keydown", (event) => {
      event.stopPropagation(); // Enter here is not the composer's, nor an arrow the table's
      if (event.key === "Escape" && !event.isComposing && event.keyCode !== 229) close();
    });
  }

  /** Whether it holds words of its own. */
  get typed() {
    return this.#inputs.some((input) => input.value !== input.defaultValue);
  }

  /** Goes to the field in use, at first to the one that is empty. */
  focus() {
    const empty = this.typed ? null : this.#inputs.find((input) => !input.value);
    (empty ?? this.#field).focus();
  }

  /** A piece of the text goes to the field in use. @param {string} text */
  take(text) {
    this.#field.value = text;
    this.#field.focus();
  }
}
