// A talk with a model: its turns, and what was said so far, which goes along with each question.
// Loaded with the first talk, or with the first model that sees.

import { copyButton, factsOf } from "../answer/footer.js";
import { download, nameOf } from "../answer/saving.js";
import { Turn } from "../answer/turn.js";
import * as picture from "../compose/picture.js";
import { button, byId, el } from "../core/dom.js";
import { announce } from "../core/feedback.js";
import { LANG, secondsOf, t } from "../core/wording.js";
import { Markdown } from "./markdown.js";

/** @import {Actions, Request} from "../types" */

const chat = byId("chat-box", HTMLElement);
const box = byId("user-input", HTMLTextAreaElement);
const usual = box.placeholder;
let talking = false;
/** The talk that goes on now. @type {{history: [string, string][]}} */
let current = { history: [] };

const sheet = new URL("../../css/talk.css", import.meta.url);
document.head.append(el("link", { rel: "stylesheet", href: sheet.pathname }));
picture.mount(() => {
  // What was said was about the picture before.
  if (current.history.length > 0) {
    chat.append(el("p", { class: "renewed" }, t("page.talk.restarted")));
    announce(t("page.talk.restarted"));
  }
  forget();
  if (talking) box.focus({ preventScroll: true });
});
show();

/** The next question begins a new talk. */
export function forget() {
  current = { history: [] };
  show();
}

/** What was said so far, to come back to. */
export const standing = () => current;

/** @param {ReturnType<typeof standing>} talk */
export function resume(talk) {
  current = talk;
  show();
}

function show() {
  const words = picture.chosen() ? t("page.talk.placeholder_picture") : t("page.talk.placeholder");
  box.placeholder = talking ? words : usual;
}

/**
 * @param {boolean} chosen whether the task is to talk
 * @param {boolean} sees whether the chosen model takes pictures
 */
export function adapt(chosen, sees) {
  talking = chosen;
  picture.show(sees);
  show();
}

/** Whether nothing needs to be typed: the model is asked to describe the picture. */
export const wordless = () => talking && picture.chosen() !== null;

/**
 * The request with all that goes along with it.
 * @param {Request} request
 * @returns {Request}
 */
export function complete(request) {
  const image = request.image ?? picture.chosen();
  // So does a form with a file; the offsets of an answer count in the text that was sent.
  if (image) request = { ...request, text: request.text.replace(/\r\n|\r|\n/g, "\r\n") };
  if (request.task !== "Chat") return { ...request, history: undefined, image };
  const { text, lang } = request;
  return {
    ...request,
    lang: lang === "auto" && !text.trim() ? LANG : lang,
    history: current.history,
    image,
  };
}

export class Talk extends Turn {
  #talk = current;
  #before = current.history;
  #reply = "";
  #said;
  #shown;
  /** Whether what has come will be shown with the next frame. */
  #soon = false;
  #question;

  /**
   * @param {Request} request
   * @param {Actions} actions
   */
  constructor(request, actions) {
    const question = el("p", { class: "said" }, request.text.trim() || t("page.talk.describe"));
    const asked = [question];
    // The picture is the same for the whole talk: it is named where it is first spoken of.
    const seen = request.image?.name ?? (request.seen ? t("page.talk.picture_unsaved") : "");
    if (seen && current.history.length === 0) asked.unshift(el("p", { class: "seen" }, seen));
    const said = el("div", { class: "said written", hidden: true });
    super(request, actions, [new Text(t("page.talk.you"))], asked, [said]);
    this.#said = said;
    this.#shown = new Markdown(said);
    this.#question = question;
    this.element.classList.add("talk");
  }

  get begun() {
    return this.#reply.length > 0;
  }

  /** @param {string} text */
  token(text) {
    this.#reply += text;
    if (this.#soon) return;
    this.#soon = true;
    requestAnimationFrame(() => this.#show());
  }

  #show() {
    this.#soon = false;
    this.#said.hidden = this.#reply === "";
    this.#shown.show(this.#reply);
  }

  /** @param {any} data */
  done(data) {
    this.#reply = data.response;
    this.#show();
    // A stored answer has none: the turns before it are its history.
    const asked = data.history?.at(-1)[0] ?? this.#question.textContent;
    this.#talk.history = [...this.#before, [asked, data.response]];
    this.#question.textContent = asked; // what a picture alone stood for
    show();
    const line = el(
      "p",
      { class: "buttons" },
      copyButton(t("page.talk.copy"), () => data.response),
      button(t("page.talk.save"), "quiet-button", () => this.#save(), t("page.talk.save.title")),
      this.renewButton(),
    );
    this.foot.append(...factsOf(data), line);
    announce(`${t("page.talk.answered")}, ${secondsOf(data.elapsed_ms)}`);
  }

  /** The talk up to this answer, as a file in Markdown. */
  #save() {
    const [[first]] = this.#talk.history;
    const upTo = this.#talk.history.slice(0, this.#before.length + 1);
    const content = new Blob([markdownOf(upTo, this.request.model)], { type: "text/markdown" });
    download(`${nameOf(first, "Chat")}.md`, content);
  }

  /** What was said from this question on counts no longer. */
  rewind() {
    current = { history: this.#before };
    show();
  }
}

/**
 * A talk for people to read: who says it stands above what is said, which stays as it is.
 * @param {[string, string][]} history
 * @param {string} model
 */
export const markdownOf = (history, model) =>
  history
    .flatMap(([asked, answered]) => [`## ${t("page.talk.you")}`, asked, `## ${model}`, answered])
    .map((part) => part.trim())
    .join("\n\n") + "\n";
