// The names that narrow an answer, one by one: each can be taken away, and sets of them are at hand.
// Loaded when the field is first shown.

import { all, button, el } from "../core/dom.js";
import { PRESETS, t, tOf } from "../core/wording.js";

const OWN = "kex.presets";
const BETWEEN = /[,，、;；]/;

const { pathname } = new URL("../../css/labels.css", import.meta.url);
document.head.append(el("link", { rel: "stylesheet", href: pathname }));

export class Labels {
  #chips = el("span", { class: "chips" });
  #presets = el("select", { "aria-label": t("page.labels.presets") });
  #keep = button("", "quiet-button", () => this.#toggle());
  #input;
  #task = "";

  /**
   * @param {HTMLElement} row
   * @param {HTMLInputElement} input where names are typed; what is not a chip yet stays in it
   */
  constructor(row, input) {
    this.#input = input;
    input.before(this.#chips);
    row.append(this.#presets, this.#keep);
    const take = (/** @type {Event} */ event) => {
      if (!(event instanceof InputEvent && event.isComposing)) this.#take(false);
    };
    input.addEventListener("input", take, { capture: true }); // before whoever asks for the names
    input.addEventListener("compositionend", () => this.#take(false));
    input.addEventListener("blur", () => this.#take(true));
    input.addEventListener("keydown", (event) => this.#key(event));
    input.addEventListener("paste", (event) => this.#paste(event));
    this.#presets.addEventListener("change", () => this.#set(this.#presets.value));
  }

  /** The names between commas, those still being typed as well. */
  get text() {
    if (isJson(this.#input.value)) return this.#input.value.trim();
    const typed = this.#input.value.trim();
    return [...this.#names(), ...(typed ? [typed] : [])].join(", ");
  }

  /** @param {string} task @param {string} text */
  show(task, text) {
    this.#task = task;
    this.#fill(text);
    this.#offer();
  }

  #names() {
    return all(this.#chips, ".chip").map((chip) => chip.dataset.name ?? "");
  }

  /** @param {string} text */
  #fill(text) {
    this.#chips.replaceChildren();
    this.#input.value = text;
    this.#take(true);
  }

  /** As if it had been typed. @param {string} text */
  #set(text) {
    this.#fill(text);
    this.#tell();
    this.#input.focus();
  }

  /**
   * Makes chips of the names that are complete.
   * @param {boolean} last whether the last one is, too
   */
  #take(last) {
    const { value } = this.#input;
    if (isJson(value)) return; // it stays as it is, and counts alone
    const names = value.split(BETWEEN);
    const rest = last ? "" : (names.pop() ?? "");
    if (names.length === 0) return;
    const known = new Set(this.#names());
    for (const name of names.map((one) => one.trim())) {
      if (!name || known.has(name)) continue;
      known.add(name);
      this.#chips.append(this.#chip(name));
    }
    this.#input.value = rest.trimStart();
    this.#offer();
  }

  /** @param {string} name */
  #chip(name) {
    const chip = button(
      name,
      "chip",
      () => this.#remove(chip),
      t("page.labels.remove", { label: name }),
    );
    chip.dataset.name = name;
    chip.setAttribute("aria-label", t("page.labels.remove", { label: name }));
    return chip;
  }

  /** @param {HTMLElement} chip */
  #remove(chip) {
    chip.remove();
    this.#tell();
    this.#input.focus();
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.isComposing || event.keyCode === 229) return;
    const last = all(this.#chips, ".chip").at(-1);
    const { value } = this.#input;
    if (event.key === "Enter" && value.trim() && !isJson(value) && !event.shiftKey) {
      this.#take(true);
      event.stopPropagation(); // the next Enter sends
      event.preventDefault();
    } else if (event.key === "Backspace" && last && this.#input.value === "") {
      event.preventDefault();
      last.remove();
      this.#input.value = last.dataset.name ?? ""; // to be changed, or deleted
      this.#tell();
    }
  }

  /** A list of lines: the field would run them together. @param {ClipboardEvent} event */
  #paste(event) {
    const text = event.clipboardData?.getData("text/plain") ?? "";
    if (!text.includes("\n") || isJson(text)) return;
    event.preventDefault();
    event.stopPropagation();
    this.#set([this.text, ...text.split("\n")].join(","));
  }

  /** Lets whoever listens to the field know. */
  #tell() {
    this.#offer();
    this.#input.dispatchEvent(new Event("input", { bubbles: true }));
  }

  /** The sets to choose from: the reader's own, then Kex's. */
  #offer() {
    const own = mine()[this.#task] ?? [];
    const group = (/** @type {string} */ label, /** @type {HTMLElement[]} */ options) =>
      options.length > 0 ? [el("optgroup", { label }, ...options)] : [];
    this.#presets.replaceChildren(
      el("option", { value: "" }, t("page.labels.presets")),
      ...group(
        t("page.labels.own"),
        own.map((text) => el("option", { value: text }, text)),
      ),
      ...presetsOf(this.#task).flatMap(({ lang, sets }) =>
        group(
          tOf("page.language", lang),
          sets.map(({ name, labels }) =>
            el("option", { value: labels, lang, title: labels }, name),
          ),
        ),
      ),
    );
    const { text } = this;
    const kept = own.includes(text);
    this.#keep.textContent = kept ? t("page.labels.delete") : t("page.labels.save");
    this.#keep.hidden =
      text === "" ||
      presetsOf(this.#task).some(({ sets }) => sets.some((one) => one.labels === text));
  }

  /** Keeps the set of names for next time, or forgets it. */
  #toggle() {
    const { text } = this;
    const sets = mine();
    const own = sets[this.#task] ?? [];
    const others = own.filter((one) => one !== text);
    sets[this.#task] = others.length < own.length ? others : [text, ...own];
    try {
      localStorage.setItem(OWN, JSON.stringify(sets));
    } catch {
      this.#keep.textContent = t("page.labels.save_failed"); // storage is full or forbidden
      return;
    }
    this.#offer();
  }
}

/** Names with descriptions. @param {string} text */
const isJson = (text) => /^\s*[[{]/.test(text);

/** Kex's own sets for a task, those in the language of the page first. @param {string} task */
const presetsOf = (task) =>
  Object.entries(PRESETS).map(([lang, texts]) => {
    const keys = Object.keys(texts).filter((key) => key.startsWith(`${task}.`));
    const numbers = new Set(keys.map((key) => key.split(".")[1]));
    const sets = [...numbers].map((number) => ({
      name: texts[`${task}.${number}.name`],
      labels: texts[`${task}.${number}.labels`],
    }));
    return { lang, sets };
  });

/** The reader's own sets by task. @returns {Record<string, string[]>} */
function mine() {
  /** @type {Record<string, string[]>} */
  const own = {};
  try {
    const kept = JSON.parse(localStorage.getItem(OWN) ?? "{}");
    for (const [task, sets] of Object.entries(kept ?? {})) {
      if (Array.isArray(sets)) own[task] = sets.filter((text) => typeof text === "string");
    }
  } catch {
    // What cannot be read is none.
  }
  return own;
}
