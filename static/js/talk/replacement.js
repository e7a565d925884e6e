// A request sent again: its new answer replaces the old one, which comes back if none arrives.

/** @import {Turn} from "../answer/turn.js" */
/** @typedef {typeof import("./talk.js")} TalkModule */

/**
 * Whether a question has been followed by others, which its new answer would do away with.
 * @param {Turn} turn
 * @param {TalkModule | null} talk
 */
export function isFollowed(turn, talk) {
  return talk !== null && turn instanceof talk.Talk && followers(turn.element).length > 0;
}

/** The later parts of a talk. @param {Element} element of a turn @returns {HTMLElement[]} */
function followers(element) {
  const later = [];
  for (let next = element.nextElementSibling; next; next = next.nextElementSibling) {
    if (next instanceof HTMLElement && next.matches(".talk, .renewed")) later.push(next);
  }
  return later;
}

/**
 * Hides a turn whose request is sent again, and the later turns of a talk, which depend on it.
 * What a person has corrected stays, and the new answer comes last: so does the server have it.
 * @param {Turn} turn
 * @param {TalkModule | null} talk
 */
export function take(turn, talk) {
  if (turn.corrected) return null;
  const said = talk && turn instanceof talk.Talk ? talk : null;
  const gone = [turn.element, ...(said ? followers(turn.element) : [])];
  const focused = gone.some((element) => element.contains(document.activeElement));
  for (const element of gone) element.hidden = true;
  const before = said?.standing();
  if (said && turn instanceof said.Talk) turn.rewind();
  return {
    element: turn.element,
    number: turn.number,
    focused,
    /**
     * Without a whole answer all is as it was, unless there was none before either.
     * @param {boolean} whole
     * @param {Turn} anew
     */
    end: (whole, anew) => {
      if (!turn.answered) anew.number ??= turn.number;
      for (const element of gone) {
        if (whole || (element === turn.element && !turn.answered)) element.remove();
        else element.hidden = false;
      }
      if (!whole && before && turn.element.isConnected) said?.resume(before);
    },
  };
}
