// Keeps what matters in sight: nothing that gets the focus lies under the form, and an answer on its
// way is followed while the reader is at the end of it.

import { byId } from "./dom.js";

const NEAR = 120; // px from the end of the page that count as being there
const form = byId("composer", HTMLElement);
const root = document.documentElement;

/** Whether the reader was at the end when the page last came to rest. */
let following = true;

new ResizeObserver(() => {
  const covers = getComputedStyle(form).position === "sticky";
  root.style.setProperty("--form", `${covers ? form.offsetHeight : 0}px`);
}).observe(form);

const left = () => root.scrollHeight - innerHeight - scrollY;
addEventListener("scroll", () => (following = left() < NEAR), { passive: true });

/** @param {HTMLElement} chat where answers grow */
export function follow(chat) {
  new ResizeObserver(() => {
    if (following && chat.querySelector(".running")) scrollBy(0, left());
  }).observe(chat);
}
