// The field for a picture: chosen, shown, changed, removed. It is there while the model sees.

import { button, byId, el } from "../core/dom.js";
import { t } from "../core/wording.js";

const input = el("input", {
  id: "image-input",
  class: "sr-only",
  type: "file",
  accept: "image/png,image/jpeg,image/webp",
});
const label = new Text(t("page.picture.add"));
const choose = el("label", { class: "quiet-button" }, input, label);
const preview = el("img", { class: "picture-preview", alt: "", draggable: "false" });
const name = el("output", { class: "picture-name", for: input.id });
const remove = button("×", "quiet-button", () => {
  input.value = "";
  changed();
  input.focus();
});
remove.setAttribute("aria-label", t("page.picture.remove"));
remove.title = t("page.picture.remove");
const field = el("div", { class: "picture", hidden: true }, choose, preview, name, remove);

/** Called after another picture was chosen, or none. */
let onChange = () => {};

function changed() {
  const [file] = input.files ?? [];
  name.textContent = file?.name ?? "";
  name.title = name.textContent;
  URL.revokeObjectURL(preview.src);
  preview.hidden = !file;
  if (file) preview.src = URL.createObjectURL(file);
  else preview.removeAttribute("src");
  remove.hidden = !file;
  label.data = file ? t("page.picture.change") : t("page.picture.add");
  onChange();
}

/** @param {() => void} listener */
export function mount(listener) {
  byId("composer", HTMLFormElement).querySelector(".actions")?.before(field);
  input.addEventListener("change", changed);
  // The server says why it is no picture.
  preview.addEventListener("error", () => (preview.hidden = true));
  changed();
  onChange = listener;
}

/**
 * Takes a picture that came another way than by the field's own button.
 * @param {File} file
 * @returns {boolean} false while the model does not see
 */
export function put(file) {
  if (field.hidden || !field.isConnected) return false;
  const carrier = new DataTransfer();
  carrier.items.add(file);
  input.files = carrier.files;
  changed();
  return true;
}

/** @param {boolean} sees */
export function show(sees) {
  field.hidden = !sees;
}

/** The chosen picture, if the model sees. */
export const chosen = () => (field.hidden ? null : (input.files?.[0] ?? null));
