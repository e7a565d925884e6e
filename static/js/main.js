// Entry of the page: lets the form, the conversation and the model menu work together.

import { AllAnswers } from "./answer/all-answers.js";
import { Findings } from "./answer/findings.js";
import { Turn } from "./answer/turn.js";
import { Composer } from "./compose/composer.js";
import "./compose/file-input.js";
import { ModelMenu } from "./compose/model-menu.js";
import { RequestFailed, ask } from "./core/api.js";
import { all, byId } from "./core/dom.js";
import { errorBox, lazy } from "./core/feedback.js";
import { follow } from "./core/scrolling.js";
import { t } from "./core/wording.js";
import { Conversation, requestOf } from "./history/conversation.js";
import { isFollowed, take } from "./talk/replacement.js";

/** @import {KeptTurn, Request} from "./types" */

const chat = byId("chat-box", HTMLElement);
const welcome = byId("welcome", HTMLElement);
const anew = byId("new-button", HTMLButtonElement);
const answers = new AllAnswers(chat);
const learnRow = byId("learn-row", HTMLElement);
const gold = byId("gold-link", HTMLAnchorElement);
const learn = byId("learn-input", HTMLInputElement);
const away = byId("elsewhere", HTMLElement);
const past = document.querySelector("#history-button");
/** What is being answered, and for which conversation. @type {{stop: AbortController, turn: Turn, id: string} | null} */
let running = null;
/** @type {typeof import("./talk/talk.js") | null} loaded by the first talk, or model that sees */
let talk = null;
let sees = false;
/** @type {import("./history/history.js").History | null} */
let list = null;

follow(chat);
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
  settings: (/** @type {string} */ task) => composer.settings(task),
  edit: (/** @type {Turn} */ turn) => {
    composer.fill(turn.request, turn.request.task === "Chat" ? turn : null);
    composer.focus();
  },
  run: (/** @type {Request} */ request) => run(request),
  again: (/** @type {Turn} */ turn) => {
    // What follows would go, too: that is said, and sending it is the answer.
    if (isFollowed(turn, talk)) return actions.edit(turn);
    run({ ...turn.request, model: composer.choices().model }, turn);
  },
  corrected: () => {
    learnRow.hidden = !answers.corrected;
    gold.href = `/conversations/${conversation.id}/gold`;
    answers.offer();
  },
};

async function adapt() {
  const talking = composer.task === "Chat";
  if (!talk && !talking && !sees) return;
  await loadTalk();
  talk?.adapt(composer.task === "Chat", sees);
}

/** If it cannot be loaded now, the request will say so. */
const loadTalk = async () => (talk ??= await import("./talk/talk.js").catch(() => null));

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
  answers.clear();
  const place = replaced && take(replaced, talk);
  const { seen } = request;
  composer.clear(request);
  request = { ...(talk?.complete(request) ?? request), turn: place?.number, seen: undefined };
  const turn = turnFor(request);
  running = { stop, turn, id: conversation.id };
  show(turn, place?.element);
  if (place?.focused) turn.element.focus();
  turn.element.scrollIntoView({ block: "start" });
  models.refresh();
  let whole = false;
  try {
    if (talking && !talk) throw new RequestFailed("network");
    if (seen && !request.image) throw new RequestFailed("picture", t("page.picture_gone"));
    if (past) request.conversation = running.id = await keep(turn);
    const { conversation: kept, task } = request;
    const learns = learn.checked && kept && !talking;
    request.examples = learns
      ? await (await import("./compose/examples.js")).examplesOf(kept, task)
      : "";
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
    place?.end(whole, turn);
    elsewhere();
    models.refresh();
    list?.refresh();
    answers.offer();
  }
}

/** The conversation that the answer goes to; none where it cannot be stored. @param {Turn} turn */
async function keep(turn) {
  try {
    return await conversation.begin();
  } catch (error) {
    if (!(error instanceof RequestFailed) || error.code === "network") throw error;
    turn.unkept(error.message);
    return "";
  }
}

/** @param {Turn} turn @param {Element} [behind] last, if nothing is given */
function show(turn, behind) {
  welcome.hidden = true;
  anew.hidden = false;
  answers.know(turn);
  if (behind) behind.after(turn.element);
  else chat.append(turn.element);
}

/** Says that an answer is on its way in a conversation that is not shown: nothing can be sent now. */
function elsewhere() {
  away.hidden = !running || running.turn.element.isConnected;
}

/** Shows another conversation, or an empty page. An answer that is still coming is not stopped. */
async function open() {
  chat.replaceChildren();
  talk?.forget();
  composer.replace(null);
  welcome.hidden = conversation.id !== "";
  anew.hidden = conversation.id === "";
  learnRow.hidden = true;
  answers.offer();
  elsewhere();
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
  answers.offer();
  if (running && running.id === id && id) show(running.turn);
  elsewhere();
  welcome.hidden = chat.childElementCount > 0;
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
addEventListener("keydown", ({ key, target, defaultPrevented, isComposing, keyCode }) => {
  const own = target instanceof Element && !target.closest("dialog, .history, form.correction");
  // With a word in the input method Escape is its own.
  if (isComposing || keyCode === 229) return;
  if (key === "Escape" && own && !defaultPrevented) running?.stop.abort();
});
byId("elsewhere-button", HTMLButtonElement).addEventListener(
  "click",
  () => running && go(running.id),
);
anew.addEventListener("click", () => {
  go("");
  composer.focus();
});
addEventListener("popstate", () => conversation.follow() && open());
past?.addEventListener("click", async () => {
  if (!list) {
    const module = await lazy(import("./history/history.js"), chat);
    if (!module) return;
    const gone = (/** @type {string} */ id) => running?.id === id && running.stop.abort();
    list ??= new module.History(go, () => conversation.id, gone);
  }
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
