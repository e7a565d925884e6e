// Entry of the page: lets the form, the conversation and the model menu work together.

import { RequestFailed, extract } from "./api.js";
import { Composer } from "./composer.js";
import { all, byId } from "./dom.js";
import { ModelMenu } from "./models.js";
import { Turn } from "./turn.js";

/** @typedef {import("./api.js").Request} Request */

const chat = byId("chat-box", HTMLElement);
const welcome = byId("welcome", HTMLElement);
const models = new ModelMenu();
/** @type {AbortController | null} */
let running = null;

const composer = new Composer(run, () => running?.abort());

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

/** @param {Request} request */
async function run(request) {
  if (running) return;
  running = new AbortController();
  const { signal } = running;
  const turn = new Turn(request, actions);
  welcome.hidden = true;
  chat.append(turn.element);
  composer.clear(request);
  composer.setRunning(true);
  turn.element.scrollIntoView({ block: "start" });
  models.refresh();
  let whole = false;
  try {
    for await (const event of extract(request, signal)) turn.take(event);
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
      ...composer.choices(),
    };
    composer.fill(request);
    run(request);
  });
}
