// The words and number forms of the page's language, which the server chose.

const LANG = document.documentElement.lang === "zh" ? "zh" : "en";

/** @type {import("./types").Strings} */
export const S = (await import(`./strings.${LANG}.js`)).default;

const numbers = new Intl.NumberFormat(LANG);

/** @param {number} n */
export const number = (n) => numbers.format(n);

/** @param {number} ms */
export const secondsOf = (ms) => S.seconds((ms / 1000).toFixed(ms < 10_000 ? 1 : 0));
