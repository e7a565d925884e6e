// Builds elements. Text always goes in as text nodes, so that nothing a model writes becomes markup.

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, string | number | boolean | null | undefined>} [attributes]
 *   false, null and undefined leave the attribute out; true sets it empty
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children);
  return element;
}

/**
 * @param {string} label
 * @param {string} className
 * @param {() => void} action
 * @param {string} [title]
 */
export function button(label, className, action, title) {
  const element = el("button", { type: "button", class: className, title }, label);
  element.addEventListener("click", action);
  return element;
}

const ICONS = {
  confirm: "M3 8.5l3.5 3.5L13 4.5",
  edit: "M3 13l.6-3L11 2.6l2.4 2.4L6 12.4 3 13z",
  delete: "M3 4.5h10M6.5 4V2.5h3V4M4.5 4.5l.5 9h6l.5-9M7 7v4M9 7v4",
};

/** A small picture for a button that has its name elsewhere. @param {keyof typeof ICONS} name */
export function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const picture = document.createElementNS(space, "svg");
  const path = document.createElementNS(space, "path");
  for (const [key, value] of Object.entries({ viewBox: "0 0 16 16", width: 16, height: 16 })) {
    picture.setAttribute(key, String(value));
  }
  for (const [key, value] of Object.entries({
    fill: "none",
    stroke: "currentColor",
    d: ICONS[name],
  })) {
    path.setAttribute(key, value);
  }
  picture.setAttribute("aria-hidden", "true");
  picture.append(path);
  return picture;
}

/**
 * @param {ParentNode} root
 * @param {string} selector
 */
export const all = (root, selector) =>
  /** @type {HTMLElement[]} */ ([...root.querySelectorAll(selector)]);

/**
 * The element of the template with this id.
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} kind
 * @returns {T}
 */
export function byId(id, kind) {
  const element = document.getElementById(id);
  if (!(element instanceof kind)) throw new Error(`The page has no #${id}`);
  return element;
}
