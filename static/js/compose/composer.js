// The form: what is typed and chosen, its limits, the keys that send it, the draft that survives.

import { codePoints } from "../core/code-points.js";
import { byId } from "../core/dom.js";
import { announce } from "../core/feedback.js";
import { t } from "../core/wording.js";
import { Constraints } from "./constraints.js";
import { TokenCount } from "./token-count.js";

/** @import {Request} from "../types" */

const DRAFT = "kex.draft";

export class Composer {
  #form = byId("composer", HTMLFormElement);
  #box = byId("user-input", HTMLTextAreaElement);
  #task = byId("prompt-select-box", HTMLSelectElement);
  #model = byId("model-select-box", HTMLSelectElement);
  #lang = byId("lang-select-box", HTMLSelectElement);
  #entity = byId("entity-input", HTMLInputElement);
  #entityRow = byId("entity-row", HTMLElement);
  #only = new Constraints();
  #counter = byId("counter", HTMLElement);
  #tokens = new TokenCount();
  #send = byId("send-button", HTMLButtonElement);
  #stop = byId("stop-button", HTMLButtonElement);
  #maxChars = Number(this.#box.dataset.maxChars);
  #running = false;
  #onTask;
  task = "";
  /** The turn that the next request takes the place of. @type {import("../answer/turn.js").Turn | null} */
  replaced = null;
  #replacing = byId("replacing", HTMLElement);
  /** What was being written when another text took its place. @type {Request | null} */
  #aside = null;
  #asideRow = byId("aside-row", HTMLElement);

  /**
   * @param {(request: Request) => void} onSend
   * @param {() => void} onStop
   * @param {() => void} onTask another task is chosen
   * @param {() => boolean} wordless whether nothing needs to be typed
   */
  constructor(onSend, onStop, onTask, wordless) {
    this.#onTask = onTask;
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.#running) return;
      if (this.#send.disabled) return announce(this.#counter.textContent ?? "");
      if (this.#box.value.trim() || wordless()) onSend(this.#request());
      else this.focus();
    });
    this.#form.addEventListener("keydown", (event) => this.#key(event));
    this.#form.addEventListener("input", () => {
      this.#adjust();
      this.saveDraft();
    });
    this.#stop.addEventListener("click", onStop);
    byId("keep-button", HTMLButtonElement).addEventListener("click", () => {
      this.replace(null);
      this.focus();
    });
    byId("aside-button", HTMLButtonElement).addEventListener("click", () => {
      this.#takeBack();
      this.focus();
    });
    this.#loadDraft();
    this.#adjust();
    // On a touch screen focus would raise the keyboard over the page.
    if (matchMedia("(pointer: fine)").matches) this.focus();
  }

  /**
   * Puts a request into the form.
   * @param {Request} request
   * @param {import("../answer/turn.js").Turn | null} [replaced] the turn that it will take the place of
   */
  fill({ text, task, entity, only, grounding = "" }, replaced = null) {
    this.replace(replaced);
    const typed = this.#box.value;
    if (typed.trim() && typed !== text) this.#aside = this.#request();
    this.#box.value = text;
    choose(this.#task, task);
    this.#entity.value = entity;
    this.#only.fill(task, only);
    this.#only.grounding = grounding;
    this.#adjust();
    this.saveDraft();
  }

  /** @param {import("../answer/turn.js").Turn | null} turn */
  replace(turn) {
    this.replaced = turn;
    this.#replacing.hidden = turn === null;
  }

  /**
   * After an answer that did not come whole: unless something new is there, the text comes back.
   * @param {Request} request
   */
  giveBack(request) {
    if (!this.#box.value) this.fill({ ...request, task: this.#task.value });
  }

  /**
   * Empties the box if it holds just this text; the stored draft stays until the answer is whole.
   * @param {Request} request
   */
  clear({ text }) {
    this.replace(null);
    if (this.#box.value !== text) return;
    this.#box.value = "";
    this.#entity.value = "";
    this.#adjust();
    if (this.#aside) this.#takeBack();
  }

  /** Puts what was put aside into the form, and aside what is there. */
  #takeBack() {
    const aside = this.#aside;
    this.#aside = null;
    if (aside) this.fill(aside);
    this.#adjust();
  }

  /** @param {boolean} running */
  setRunning(running) {
    this.#running = running;
    const focused = [this.#stop, this.#send].some((one) => one === document.activeElement);
    this.#stop.hidden = !running;
    this.#adjust();
    if (focused) this.focus();
  }

  focus() {
    this.#box.focus({ preventScroll: true });
  }

  /** For a text that does not come from the box. */
  choices() {
    return { model: this.#model.value, lang: this.#lang.value };
  }

  /** What can be set for a task. @param {string} task */
  settings(task) {
    const { grounding } = this.#only;
    return { ...this.choices(), only: (this.#only.all[task] ?? "").trim(), grounding };
  }

  saveDraft() {
    const draft = {
      text: this.#box.value,
      task: this.#task.value,
      entity: this.#entity.value,
      lang: this.#lang.value,
      model: this.#model.value,
      only: this.#only.all,
      grounding: this.#only.grounding,
    };
    try {
      // This tab's own, and the last one of all for a tab that has none.
      sessionStorage.setItem(DRAFT, JSON.stringify(draft));
      localStorage.setItem(DRAFT, JSON.stringify(draft));
    } catch {
      // Storage may be full or forbidden; then the draft lives as long as the page.
    }
  }

  #loadDraft() {
    if (this.#box.value) return; // typed before the scripts were loaded, or restored by the browser
    try {
      const kept = sessionStorage.getItem(DRAFT) ?? localStorage.getItem(DRAFT);
      const draft = JSON.parse(kept ?? "{}");
      this.#box.value = wordOf(draft.text);
      this.#entity.value = wordOf(draft.entity);
      choose(this.#task, draft.task);
      choose(this.#lang, draft.lang);
      choose(this.#model, draft.model);
      for (const [task, names] of Object.entries(draft.only ?? {})) {
        this.#only.fill(task, wordOf(names));
      }
      this.#only.grounding = wordOf(draft.grounding);
    } catch {
      // A draft that cannot be read is no draft.
    }
  }

  #request() {
    return {
      // As typed: the offsets of the answer count from the first character, blank or not.
      text: this.#box.value,
      task: this.#task.value,
      entity: this.#task.value === "KE3" ? this.#entity.value.trim() : "",
      only: this.#only.names,
      grounding: this.#only.grounding,
      ...this.choices(),
    };
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const typing = event.target instanceof HTMLElement && event.target.matches("textarea, input");
    if (event.key !== "Enter" || event.shiftKey || !typing) return;
    // Enter that ends the choice of a Chinese word belongs to the input method. Safari ends the
    // composition before this event comes, and tells only by the key code.
    if (event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    this.#form.requestSubmit();
  }

  #adjust() {
    const task = this.#task.value;
    this.#entityRow.hidden = task !== "KE3";
    this.#asideRow.hidden = this.#aside === null;
    if (this.task !== task) {
      this.task = task;
      this.#only.show(task);
      // The first time is while the page is still being put together.
      queueMicrotask(this.#onTask);
    }
    // The style sheet bounds the height; the box takes what its text needs in between.
    this.#box.style.height = "auto";
    this.#box.style.height = `${this.#box.scrollHeight}px`;
    const used = codePoints(this.#box.value);
    const over = used - this.#maxChars;
    this.#counter.textContent =
      over > 0
        ? t("page.form.over", { count: over })
        : t("page.form.characters", { used, limit: this.#maxChars });
    this.#counter.classList.toggle("over", over > 0);
    this.#box.setAttribute("aria-invalid", String(over > 0));
    this.#send.disabled = this.#running || over > 0;
    const talks = task === "Chat";
    this.#tokens.count(over > 0 ? "" : this.#box.value, this.#model.value, talks);
  }
}

/** Of what others may have written into the browser's storage. @param {unknown} value */
const wordOf = (value) => (typeof value === "string" ? value : "");

/** Only what there is to choose. @param {HTMLSelectElement} menu @param {unknown} value */
function choose(menu, value) {
  if ([...menu.options].some((option) => option.value === value)) menu.value = wordOf(value);
}
