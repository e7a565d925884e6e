// The list of saved conversations: search, open, rename, delete. Loaded when it is first opened.

import { RequestFailed, call } from "../core/api.js";
import { button, byId, el, icon } from "../core/dom.js";
import { announce, errorBox } from "../core/feedback.js";
import { t, timeOf } from "../core/wording.js";

/** @typedef {{id: string, title: string, updated: string, size: number}} Head */

const PAUSE = 200; // ms without a key until what was typed is searched
const SURE = 4_000; // ms in which a second click deletes

const { pathname } = new URL("../../css/history.css", import.meta.url);
document.head.append(el("link", { rel: "stylesheet", href: pathname }));

export class History {
  #toggle = byId("history-button", HTMLButtonElement);
  #query = el("input", {
    type: "search",
    placeholder: t("page.history.search"),
    "aria-label": t("page.history.search"),
  });
  #list = el("ul");
  #more = button(t("page.history.more"), "quiet-button", () => this.#load(true));
  #said = el("div");
  /** @type {string | null} */
  #next = null;
  #timer = 0;
  #asked = 0;
  #go;
  #shown;
  #gone;

  /**
   * @param {(id: string) => void} go opens a conversation, or none
   * @param {() => string} shown the one that the page shows
   * @param {(id: string) => void} gone called after one was deleted
   */
  constructor(go, shown, gone) {
    this.#go = go;
    this.#shown = shown;
    this.#gone = gone;
    this.element = el(
      "aside",
      { class: "history", "aria-label": t("page.history"), hidden: true },
      el(
        "header",
        {},
        el("h2", {}, t("page.history")),
        button("×", "quiet-button", () => this.toggle(), t("page.close")),
      ),
      this.#query,
      this.#said,
      this.#list,
      this.#more,
    );
    this.#query.addEventListener("input", () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.refresh(), PAUSE);
    });
    this.element.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !event.defaultPrevented) this.toggle();
    });
    document.body.append(this.element);
  }

  /** Opens it, or closes it. */
  toggle() {
    const open = Boolean(this.element.hidden);
    this.element.hidden = !open;
    document.body.classList.toggle("with-history", open);
    this.#toggle.setAttribute("aria-expanded", String(open));
    if (!open) return this.#toggle.focus();
    this.refresh();
    this.#query.focus();
  }

  /** After something changed on the server. */
  refresh() {
    // Not while a title is being typed.
    if (this.element.hidden || this.#list.querySelector("input")) return undefined;
    return this.#load(false);
  }

  /** @param {string} id the conversation that is shown now */
  mark(id) {
    for (const link of this.#list.querySelectorAll("a")) {
      if (link.dataset.id === id) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
  }

  /** @param {boolean} on whether to go on behind what is listed */
  async #load(on) {
    const turn = ++this.#asked;
    const wanted = new URLSearchParams({ query: this.#query.value.trim() });
    if (on && this.#next) wanted.set("before", this.#next);
    await this.#try(async () => {
      const { conversations, next } = await call("GET", `/conversations?${wanted}`);
      if (turn !== this.#asked) return; // something else was typed meanwhile
      this.#next = next;
      this.#more.hidden = next === null;
      // One that was begun and never answered in is nothing to come back to.
      const kept = conversations.filter((/** @type {Head} */ one) => one.size > 0);
      const lines = kept.map((/** @type {Head} */ one) => this.#line(one));
      if (on) this.#list.append(...lines);
      else this.#list.replaceChildren(...lines);
      if (!this.#list.firstChild)
        this.#list.append(
          el(
            "li",
            { class: "none" },
            this.#query.value ? t("page.history.nothing") : t("page.history.empty"),
          ),
        );
      this.mark(this.#shown());
    });
  }

  /** @param {Head} head */
  #line({ id, title, updated }) {
    const when = new Date(updated);
    const name = el("span", { class: "title" }, title || t("page.history.untitled"));
    const address = new URL(location.href);
    address.searchParams.set("c", id);
    const link = el(
      "a",
      { href: address.search, "data-id": id },
      name,
      el("time", { datetime: when.toISOString() }, timeOf(when)),
    );
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return; // another tab or window
      event.preventDefault();
      this.#go(id);
      if (matchMedia("(max-width: 79.99rem)").matches) this.toggle();
    });
    const line = el("li", {}, link);
    const rename = button(
      "",
      "quiet-button",
      () => this.#rename(id, line, link, name),
      t("page.history.rename"),
    );
    rename.append(icon("edit"));
    rename.setAttribute("aria-label", `${t("page.history.rename")}: ${title}`);
    const remove = this.#remover(id, title, line);
    line.append(rename, remove);
    return line;
  }

  /**
   * A field in the place of the title; Enter takes what it holds, Escape does not.
   * @param {string} id
   * @param {HTMLElement} line
   * @param {HTMLElement} link
   * @param {HTMLElement} name
   */
  #rename(id, line, link, name) {
    const field = el("input", {
      type: "text",
      "aria-label": t("page.history.rename"),
      maxlength: 200,
    });
    field.value = name.textContent ?? "";
    let open = true;
    const end = async (/** @type {boolean} */ take) => {
      if (!open) return;
      open = false;
      const title = field.value.trim();
      const focused = field === document.activeElement;
      field.replaceWith(link);
      if (focused) link.focus();
      if (!take || !title || title === name.textContent) return;
      await this.#try(async () => {
        const changed = await call("PATCH", `/conversations/${id}`, { title });
        name.textContent = changed.title;
      });
    };
    field.addEventListener("keydown", (event) => {
      if (event.isComposing || event.keyCode === 229) return;
      if (event.key !== "Enter" && event.key !== "Escape") return;
      event.preventDefault();
      end(event.key === "Enter");
    });
    field.addEventListener("blur", () => end(true));
    link.replaceWith(field);
    field.select();
  }

  /**
   * A button that asks once before it deletes.
   * @param {string} id
   * @param {string} title
   * @param {HTMLElement} line
   */
  #remover(id, title, line) {
    let sure = false;
    const remove = button("", "quiet-button", async () => {
      if (!sure) {
        tell(true);
        setTimeout(() => tell(false), SURE);
        return;
      }
      await this.#try(async () => {
        await call("DELETE", `/conversations/${id}`);
        const next = line.nextElementSibling ?? line.previousElementSibling;
        this.#gone(id);
        line.remove();
        next?.querySelector("a")?.focus();
        announce(t("page.history.deleted"));
        if (id === this.#shown()) this.#go("");
      });
    });
    const tell = (/** @type {boolean} */ asked) => {
      sure = asked;
      remove.replaceChildren(asked ? t("page.history.confirm") : icon("delete"));
      remove.classList.toggle("danger", asked);
      remove.title = t("page.history.delete");
      if (asked) remove.removeAttribute("aria-label");
      else remove.setAttribute("aria-label", `${t("page.history.delete")}: ${title}`);
    };
    tell(false);
    return remove;
  }

  /** @param {() => Promise<void>} work */
  async #try(work) {
    try {
      await work();
      this.#said.replaceChildren();
    } catch (error) {
      if (!(error instanceof RequestFailed)) throw error;
      this.#said.replaceChildren(errorBox(error, [error.message]));
    }
  }
}
