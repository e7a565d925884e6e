// What the page reports: errors, state changes for screen readers, modules that cannot be loaded.

import { byId, el } from "./dom.js";
import { t, tOf } from "./wording.js";

/**
 * What went wrong, for eyes and screen readers.
 * @param {{code: string}} error
 * @param {string[]} lines
 */
export function errorBox({ code }, lines) {
  const box = el("div", { class: "error", role: "alert" });
  // Filled when it is on the page, since an alert that arrives full is not always read out.
  queueMicrotask(() =>
    box.append(
      el("strong", {}, tOf("page.error", code, {}, t("page.error.internal"))),
      ...lines.filter(Boolean).map((line) => el("p", { lang: langOf(line) }, line)),
    ),
  );
  return box;
}

/** The server's messages are English; a screen reader shall not read them as Chinese. @param {string} line */
export const langOf = (line) => (/\p{Script=Han}/u.test(line) ? null : "en");

/**
 * What is loaded late; null where the server is gone, and then that is said at the end of `place`.
 * @template T
 * @param {Promise<T>} loading
 * @param {Element} place
 * @returns {Promise<T | null>}
 */
export async function lazy(loading, place) {
  try {
    return await loading;
  } catch {
    place.append(errorBox({ code: "network" }, [t("page.error_note.network")]));
    return null;
  }
}

/**
 * Says a change of state to a screen reader, apart from the stream of the answer.
 * @param {string} text
 */
export function announce(text) {
  byId("announcer", HTMLElement).textContent = text;
}
