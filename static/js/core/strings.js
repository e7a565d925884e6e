// The words and number forms of the page's language, which the server chose.

const LANG = document.documentElement.lang === "zh" ? "zh" : "en";

/** @type {import("../types").Strings} */
export const S = (await import(`./strings.${LANG}.js`)).default;

const numbers = new Intl.NumberFormat(LANG);

/** @param {number} n */
export const number = (n) => numbers.format(n);

/** Time of day, with the day if it is not today. @param {Date} when */
export const timeOf = (when) =>
  new Intl.DateTimeFormat(
    LANG,
    when.toDateString() === new Date().toDateString()
      ? { timeStyle: "short" }
      : { dateStyle: "medium", timeStyle: "short" },
  ).format(when);

/** @param {number} ms */
export const secondsOf = (ms) => S.seconds((ms / 1000).toFixed(ms < 10_000 ? 1 : 0));
