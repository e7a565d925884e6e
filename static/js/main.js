// Entry of the page: lets the form, the conversation and the model menu work together.

import { RequestFailed, ask } from "./api.js";
import { Composer } from "./composer.js";
import { Conversation, requestOf } from "./conversation.js";
import { all, byId } from "./dom.js";
import "./dropping.js";
import { Findings } from "./findings.js";
import { ModelMenu } from "./models.js";
import { Overview } from "./overview.js";
import { Turn, errorBox } from "./turn.js";

/** @import {KeptTurn, Request} from "./types" */

const chat = byId("chat-box", HTMLElement);
const welcome = byId("welcome", HTMLElement);
const anew = byId("new-button", HTMLButtonElement);
const overview = new Overview(chat);
const learnRow = byId("learn-row", HTMLElement);
const gold = byId("gold-link", HTMLAnchorElement);
const learn = byId("learn-input", HTMLInputElement);
const past = document.querySelector("#history-button");
/** What is being answered, and for which conversation. @type {{stop: AbortController, turn: Turn, id: string} | null} */
let running = null;
/** @type {typeof import("./talk.js") | null} loaded by the first talk, or model that sees */
let talk = null;
let sees = false;
/** @type {import("./history.js").History | null} */
let list = null;

const conversation = new Conversation();
const composer = new Composer(
  (request) => run(request, composer.replaced),
  () => running?.stop.abort(),
  adapt,
  () => talk?.wordless() ?? false,
);
const models = new ModelMenu((images) => {
  sees = images;
  adapt();
});

const actions = {
  edit: (/** @type {Turn} */ turn) => {
    composer.fill(turn.request, turn.request.task === "Chat" ? turn : null);
    composer.focus();
  },
  run: (/** @type {Request} */ request) => run(request),
  again: (/** @type {Turn} */ turn) =>
    run({ ...turn.request, model: composer.choices().model }, turn),
  corrected: () => {
    learnRow.hidden = false;
    gold.href = `/conversations/${conversation.id}/gold`;
  },
};

async function adapt() {
  const talking = composer.task === "Chat";
  if (!talk && !talking && !sees) return;
  await loadTalk();
  talk?.adapt(composer.task === "Chat", sees);
}

/** If it cannot be loaded now, the request will say so. */
const loadTalk = async () => (talk ??= await import("./talk.js").catch(() => null));

/** @param {Request} request */
function turnFor(request) {
  const kind = request.task === "Chat" ? (talk?.Talk ?? Turn) : Findings;
  return new kind(request, actions, [], [], []);
}

/**
 * @param {Request} request
 * @param {Turn | null} replaced the turn that this one takes the place of, if it still can
 */
async function run(request, replaced = null) {
  if (running) return;
  const stop = new AbortController();
  composer.setRunning(true);
  const talking = request.task === "Chat";
  if (talking && !talk) await adapt();
  overview.clear();
  const number = replaced && take(replaced);
  composer.clear(request);
  request = { ...(talk?.complete(request) ?? request), turn: number ?? undefined, seen: undefined };
  const turn = turnFor(request);
  running = { stop, turn, id: conversation.id };
  show(turn);
  turn.element.scrollIntoView({ block: "start" });
  models.refresh();
  let whole = false;
  try {
    if (talking && !talk) throw new RequestFailed("network");
    if (past) request.conversation = running.id = await keep(turn);
    const { conversation: kept, task } = request;
    const learns = learn.checked && kept && !talking;
    request.examples = learns ? await (await import("./learning.js")).examplesOf(kept, task) : "";
    for await (const event of ask(request, stop.signal)) turn.take(event);
    whole = true;
  } catch (error) {
    composer.giveBack(request);
    if (stop.signal.aborted) turn.stopped();
    else if (error instanceof RequestFailed) turn.failed(error);
    else {
      turn.failed(new RequestFailed("internal"));
      throw error;
    }
    // It was deleted meanwhile, here or elsewhere: the next answer begins another one.
    const gone = error instanceof RequestFailed && error.code === "conversation_not_found";
    if (gone && running.id === conversation.id) {
      conversation.become("", true);
    }
  } finally {
    running = null;
    composer.setRunning(false);
    if (whole) composer.saveDraft();
    models.refresh();
    list?.refresh();
    overview.offer();
  }
}

/**
 * Takes a turn from the page that is asked anew, and in a talk all that followed from it.
 * @param {Turn} turn
 * @returns {number | undefined} its place in the conversation, if the new answer can have it
 */
function take(turn) {
  const talking = turn.request.task === "Chat";
  // Extractions do not follow from each other: those behind stay, and the new answer comes last.
  if (!talking && turn.element.nextElementSibling) return undefined;
  while (turn.element.nextElementSibling) turn.element.nextElementSibling.remove();
  turn.element.remove();
  if (talk && turn instanceof talk.Talk) turn.rewind();
  return turn.number;
}

/** The conversation that the answer goes to; none where it cannot be kept. @param {Turn} turn */
async function keep(turn) {
  try {
    return await conversation.begin();
  } catch (error) {
    if (!(error instanceof RequestFailed) || error.code === "network") throw error;
    turn.unkept(error.message);
    return "";
  }
}

/** @param {Turn} turn */
function show(turn) {
  welcome.hidden = true;
  anew.hidden = false;
  overview.know(turn);
  chat.append(turn.element);
}

/** Shows another conversation, or an empty page. An answer that is still coming is not stopped. */
async function open() {
  chat.replaceChildren();
  talk?.forget();
  composer.replace(null);
  welcome.hidden = conversation.id !== "";
  anew.hidden = conversation.id === "";
  learnRow.hidden = true;
  overview.offer();
  learn.checked = false;
  list?.mark(conversation.id);
  const { id } = conversation;
  /** @type {KeptTurn[]} */
  let kept = [];
  try {
    kept = await conversation.load();
    if (kept.some(({ request }) => request.prompt_type === "Chat")) await loadTalk();
  } catch (error) {
    if (!(error instanceof RequestFailed)) throw error;
    if (id !== conversation.id) return;
    conversation.become("", true);
    welcome.hidden = false;
    anew.hidden = true;
    chat.append(errorBox(error, [error.message]));
  }
  if (id !== conversation.id) return; // yet another one was opened meanwhile
  for (const one of kept) {
    const turn = turnFor(requestOf(one, id));
    show(turn);
    turn.restore(one);
    if (one.corrected) actions.corrected();
  }
  overview.offer();
  if (running && running.id === id && id) show(running.turn);
  chat.lastElementChild?.scrollIntoView({ block: "start" });
}

/** @param {string} id */
function go(id) {
  if (id === conversation.id && id) return;
  conversation.become(id, false);
  open();
}

const help = byId("help", HTMLDialogElement);
byId("help-button", HTMLButtonElement).addEventListener("click", () => help.showModal());
byId("help-close", HTMLButtonElement).addEventListener("click", () => help.close());
addEventListener("keydown", ({ key, target, defaultPrevented }) => {
  const own =
    target === document.body || (target instanceof Element && target.closest(".composer"));
  if (key === "Escape" && own && !defaultPrevented) running?.stop.abort();
});
anew.addEventListener("click", () => {
  go("");
  composer.focus();
});
addEventListener("popstate", () => conversation.follow() && open());
past?.addEventListener("click", async () => {
  const { History } = await import("./history.js");
  list ??= new History(go, () => conversation.id);
  list.toggle();
});
if (conversation.id && past) open();

for (const example of all(welcome, ".example")) {
  example.addEventListener("click", () => {
    const request = {
      text: example.querySelector(".example-text")?.textContent ?? "",
      task: example.dataset.task ?? "KE1",
      entity: example.dataset.entity ?? "",
      only: "",
      ...composer.choices(),
    };
    composer.fill(request);
    run(request);
  });
}
