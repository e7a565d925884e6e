// Strings that differ in width, case or white space only are one.

/** @param {string} text */
export const folded = (text) => text.normalize("NFKC").toLowerCase().replace(/\s+/gu, " ").trim();
