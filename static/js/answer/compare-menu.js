// The menu that asks for the same otherwise: another model, or the form as it is set now.

import { byId, el } from "../core/dom.js";
import { lazy } from "../core/feedback.js";
import { t } from "../core/wording.js";

/** @import {Findings} from "./findings.js" */
/** @import {Row} from "../types" */

const FORM = "\n"; // the choice that is no model's name

/**
 * @param {Findings} turn
 * @param {() => Row[]} given what the model said, whatever a person made of it
 */
export function compareMenu(turn, given) {
  const { request, foot, actions } = turn;
  const models = byId("model-select-box", HTMLSelectElement);
  const menu = el("select", { class: "quiet-button comparer", "aria-label": t("page.compare") });
  /** With the states that the models have now. */
  const fill = () => {
    const others = [...models.options].filter(({ value }) => value !== request.model);
    menu.replaceChildren(
      el("option", { value: "" }, t("page.compare")),
      ...others.map(({ value, text }) => el("option", { value }, text)),
      el("option", { value: FORM }, t("page.compare.form")),
    );
  };
  fill();
  for (const event of ["pointerdown", "focus"]) menu.addEventListener(event, fill);
  menu.addEventListener("change", async () => {
    const { value } = menu;
    menu.value = "";
    const module = await lazy(import("./comparing.js"), foot);
    const changed = value === FORM ? actions.settings(request.task) : { model: value };
    if (module) module.compare(foot, request, given(), { ...request, ...changed });
  });
  return menu;
}
