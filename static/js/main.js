// Entry of the page: lets the form, the conversation and the model menu work together.

import { RequestFailed, ask } from "./api.js";
import { Composer } from "./composer.js";
import { all, byId } from "./dom.js";
import "./dropping.js";
import { Findings } from "./findings.js";
import { ModelMenu } from "./models.js";
import { Turn } from "./turn.js";

/** @import {Request} from "./types" */

const chat = byId("chat-box", HTMLElement);
const welcome = byId("welcome", HTMLElement);
/** @type {AbortController | null} */
let running = null;
/** @type {typeof import("./talk.js") | null} loaded by the first talk, or model that sees */
let talk = null;
let sees = false;

const composer = new Composer(run, () => running?.abort(), adapt, () => talk?.wordless() ?? false);
const models = new ModelMenu((images) => {
  sees = images;
  adapt();
});

const actions = {
  edit: (/** @type {Request} */ request) => {
    composer.fill(request);
    composer.focus();
  },
  run,
  retry: (/** @type {Request} */ request, /** @type {Turn} */ turn) => {
    if (running) return;
    turn.element.remove();
    run({ ...request, model: composer.choices().model });
  },
};

async function adapt() {
  const talking = composer.task === "Chat";
  if (!talk && !talking && !sees) return;
  // If it cannot be loaded now, the request will say so.
  talk ??= await import("./talk.js").catch(() => null);
  talk?.adapt(composer.task === "Chat", sees);
}

/** @param {Request} request */
async function run(request) {
  if (running) return;
  running = new AbortController();
  const { signal } = running;
  composer.setRunning(true);
  const talking = request.task === "Chat";
  if (talking && !talk) await adapt();
  composer.clear(request);
  request = talk?.complete(request) ?? request;
  const turn = !talking
    ? new Findings(request, actions)
    : new (talk?.Talk ?? Turn)(request, actions, [], [], []);
  welcome.hidden = true;
  chat.append(turn.element);
  turn.element.scrollIntoView({ block: "start" });
  models.refresh();
  let whole = false;
  try {
    if (talking && !talk) throw new RequestFailed("network");
    for await (const event of ask(request, signal)) turn.take(event);
    whole = true;
  } catch (error) {
    composer.giveBack(request);
    if (signal.aborted) turn.stopped();
    else if (error instanceof RequestFailed) turn.failed(error);
    else {
      turn.failed(new RequestFailed("internal"));
      throw error;
    }
  } finally {
    running = null;
    composer.setRunning(false);
    if (whole) composer.saveDraft();
    models.refresh();
  }
}

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
