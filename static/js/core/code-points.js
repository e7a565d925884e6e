// Offsets of the server count code points, those of JavaScript count UTF-16 units: this module is
// where one becomes the other.

/**
 * UTF-16 offset of every code point, and of the end.
 * @param {string} text
 */
export function codePointOffsets(text) {
  const offsets = [];
  let at = 0;
  for (const character of text) {
    offsets.push(at);
    at += character.length;
  }
  offsets.push(at);
  return offsets;
}

/** @param {string} text */
export const codePoints = (text) => codePointOffsets(text).length - 1;
