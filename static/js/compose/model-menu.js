// Keeps the states in the model menu true, and says below it why a chosen model cannot serve.

import { modelStates } from "../core/api.js";
import { byId, el } from "../core/dom.js";
import { t, tOf } from "../core/wording.js";

const SOON = 2_000;
const LATER = 30_000;

export class ModelMenu {
  #menu = byId("model-select-box", HTMLSelectElement);
  #note = byId("model-note", HTMLElement);
  /** @type {Map<string, import("../types").ModelState>} */
  #states = new Map();
  #timer = 0;
  #onSight;

  /** @param {(sees: boolean) => void} onSight called with whether the chosen model takes pictures */
  constructor(onSight) {
    this.#onSight = onSight;
    this.#menu.addEventListener("change", () => this.refresh());
    addEventListener("focus", () => this.refresh());
    this.refresh();
  }

  async refresh() {
    clearTimeout(this.#timer);
    for (const state of (await modelStates()) ?? []) this.#states.set(state.name, state);
    this.#show();
    const loading = this.#states.get(this.#menu.value)?.status === "loading";
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.refresh(), loading ? SOON : LATER);
  }

  #show() {
    for (const option of this.#menu.options) {
      const state = this.#states.get(option.value);
      if (!state) continue;
      const label = labelOf(state);
      // An open menu closes in some browsers when an option changes, so an equal label is left be.
      if (option.textContent !== label) option.textContent = label;
    }
    const chosen = this.#states.get(this.#menu.value);
    this.#note.className = `model-note ${chosen?.status ?? ""}`;
    this.#note.replaceChildren(...(chosen ? noteOf(chosen) : []));
    this.#onSight(chosen?.images ?? false);
  }
}

/** @param {import("../types").ModelState} state */
function labelOf({ name, status, progress }) {
  const word = tOf("page.state", status, {}, "");
  if (!word || status === "ready") return name;
  const share = status === "loading" && progress !== null ? ` ${Math.floor(progress * 100)} %` : "";
  return `${name} · ${word}${share}`;
}

/**
 * @param {import("../types").ModelState} state
 * @returns {(Node | string)[]}
 */
function noteOf({ name, status, detail, progress }) {
  if (status === "idle") return [detail || t("page.state_note.idle")];
  if (status === "unavailable") return [detail || labelOf({ name, status, detail, progress })];
  if (status === "ready") return detail ? [detail] : [];
  if (status !== "loading") return [];
  const value = progress === null ? {} : { value: progress };
  return [el("progress", { max: 1, ...value }), detail || t("page.stage.loading")];
}
