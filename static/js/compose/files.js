// What is done with files: the server reads their text into the box, pictures go to their field.

import { RequestFailed, failure, reach } from "../core/api.js";
import { button, byId, el } from "../core/dom.js";
import { announce } from "../core/feedback.js";
import { t, tOf } from "../core/wording.js";
import * as picture from "./picture.js";

/**
 * @typedef {object} Found the answer of POST /documents
 * @property {string | null} text
 * @property {number} characters
 * @property {string} [encoding]
 * @property {number} [pages]
 * @property {number[]} [textless_pages]
 * @property {string[]} [columns]
 * @property {string[]} [warnings]
 */

const PICTURES = ["image/png", "image/jpeg", "image/webp"];

const box = byId("user-input", HTMLTextAreaElement);
const list = el("div", { class: "files" });
/** One after the other: their texts come in the order of the files. */
let queue = Promise.resolve();

const sheet = new URL("../../css/files.css", import.meta.url);
document.head.append(el("link", { rel: "stylesheet", href: sheet.pathname }));
box.after(list);
// Before the composer takes the event: sending disables the button.
byId("composer", HTMLFormElement).addEventListener("submit", clear, { capture: true });

function clear() {
  if (byId("send-button", HTMLButtonElement).disabled) return;
  for (const done of list.querySelectorAll(".slip.done")) done.remove();
}

/** @param {File[]} files */
export function take(files) {
  let pictures = 0;
  for (const file of files) {
    const slip = new Slip(file);
    if (file.type.startsWith("image/")) slip.show(pictures++ === 0);
    else queue = queue.then(() => slip.read(null));
  }
}

/** A line below the box: one file, and what became of it. */
class Slip {
  #file;
  #abort = new AbortController();
  #said = el("span", { class: "slip-said" }, t("page.files.reading"));
  #element;

  /** @param {File} file */
  constructor(file) {
    this.#file = file;
    const dismiss = button("×", "quiet-button", () => this.#dismiss(), t("page.files.dismiss"));
    dismiss.setAttribute("aria-label", `${t("page.files.dismiss")}: ${file.name}`);
    const name = el("span", { class: "slip-name", title: file.name }, file.name);
    this.#element = el("div", { class: "slip" }, name, this.#said, dismiss);
    list.append(this.#element);
  }

  /** @param {boolean} first whether it is the only picture so far */
  show(first) {
    if (!PICTURES.includes(this.#file.type)) return this.#fail("", t("page.files.picture_type"));
    if (!first) return this.#fail("", t("page.files.one_picture"));
    if (!picture.put(this.#file)) {
      const model = byId("model-select-box", HTMLSelectElement).value;
      return this.#fail("", t("page.files.no_vision", { model }));
    }
    announce(t("page.files.picture_added"));
    this.#element.remove();
  }

  /** @param {string | null} column of a table */
  async read(column) {
    if (this.#abort.signal.aborted) return;
    this.#say(t("page.files.reading"));
    announce(`${this.#file.name}: ${t("page.files.reading")}`);
    try {
      const found = await this.#ask(column);
      if (this.#abort.signal.aborted) return;
      if (found.text === null) this.#offer(found.columns ?? []);
      else this.#insert(found.text, found);
    } catch (error) {
      if (this.#abort.signal.aborted) return;
      if (!(error instanceof RequestFailed)) throw error;
      const title = tOf("page.error", error.code, {}, t("page.error.internal"));
      const wait =
        error.retryAfter === null ? "" : ` ${t("page.retry_after", { seconds: error.retryAfter })}`;
      const message = error.code === "network" ? t("page.files.network") : error.message;
      this.#fail(tOf("page.files.error", error.code, {}, title), message + wait);
    }
  }

  /**
   * @param {string | null} column
   * @returns {Promise<Found>}
   */
  async #ask(column) {
    // A folder looks like a file until it is read.
    const readable = await this.#file
      .slice(0, 1)
      .arrayBuffer()
      .catch(() => null);
    if (!readable) throw new RequestFailed("unreadable_document", t("page.files.folder"));
    const form = new FormData();
    form.set("file", this.#file);
    if (column !== null) form.set("column", column);
    const { signal } = this.#abort;
    const response = await reach("/documents", { method: "POST", body: form, signal });
    if (!response.ok) throw await failure(response);
    return response.json();
  }

  /** @param {string} text @param {Found} found */
  #insert(text, { characters, pages, textless_pages, encoding, warnings }) {
    const before = box.value.trimEnd();
    box.value = before ? `${before}\n\n${text}` : text;
    box.dispatchEvent(new Event("input", { bubbles: true }));
    const facts = [t("page.files.added", { count: characters })];
    if (pages) facts.unshift(t("page.files.pages", { count: pages }));
    if (textless_pages)
      facts.push(t("page.files.textless", { pages: textless_pages.join(t("knowledge.comma")) }));
    if (encoding && encoding !== "UTF-8") facts.push(t("page.files.encoding", { encoding }));
    if (byId("counter", HTMLElement).classList.contains("over")) facts.push(t("page.files.over"));
    facts.push(...(warnings ?? []));
    // The button that was pressed is gone.
    if (this.#element.contains(document.activeElement)) box.focus({ preventScroll: true });
    this.#element.classList.add("done");
    this.#say(facts.join(" · "));
    announce(`${this.#file.name}: ${facts.join(" · ")}`);
  }

  /** @param {string[]} columns */
  #offer(columns) {
    const menu = el("select", {}, ...columns.map((name) => el("option", { value: name }, name)));
    const insert = button(t("page.files.insert"), "quiet-button", () => this.read(menu.value));
    this.#say(el("label", {}, el("span", {}, t("page.files.column")), menu), insert);
    announce(`${this.#file.name}: ${t("page.files.column")}`);
  }

  /** @param {string} title @param {string} message */
  #fail(title, message) {
    this.#element.classList.add("failed", "done");
    // On the page before it is filled, since an alert that arrives full is not always read out.
    this.#said.setAttribute("role", "alert");
    this.#say(...(title ? [el("strong", {}, title), " "] : []), message);
  }

  /** @param {...(Node | string)} said */
  #say(...said) {
    this.#said.replaceChildren(...said);
    this.#element.scrollIntoView({ block: "nearest" });
  }

  #dismiss() {
    this.#abort.abort();
    this.#element.remove();
    box.focus({ preventScroll: true });
  }
}
