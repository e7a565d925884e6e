// Where files come in: dropped anywhere on the page, pasted into the box, or chosen. What is done
// with them is loaded with the first one.

import { button, byId, el } from "../core/dom.js";
import { t } from "../core/wording.js";

const input = el("input", {
  id: "file-input",
  type: "file",
  hidden: true,
  multiple: true,
  accept: ".txt,.md,.csv,.tsv,.pdf,.docx,image/png,image/jpeg,image/webp",
});
const add = button(
  t("page.files.add"),
  "quiet-button",
  () => input.click(),
  t("page.files.add.title"),
);

byId("only-button", HTMLButtonElement).after(add, input);
input.addEventListener("change", () => {
  take([...(input.files ?? [])]);
  input.value = ""; // or the same file could not be chosen again
});

byId("user-input", HTMLTextAreaElement).addEventListener("paste", (event) => {
  const data = event.clipboardData;
  if (!data?.files.length) return;
  // Office programs add a picture of the text that was copied; then the text is what is meant.
  if (data.types.includes("text/plain") && data.types.includes("text/html")) return;
  event.preventDefault();
  take([...data.files]);
});

for (const name of /** @type {const} */ (["dragenter", "dragover"])) {
  document.addEventListener(name, (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return; // a text is dropped as usual
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
    document.body.dataset.drop = t("page.files.drop");
  });
}
document.addEventListener("dragleave", (event) => {
  if (event.relatedTarget === null) delete document.body.dataset.drop; // it has left the window
});
document.addEventListener("drop", (event) => {
  delete document.body.dataset.drop;
  if (!event.dataTransfer?.types.includes("Files")) return;
  event.preventDefault();
  take([...event.dataTransfer.files]);
});

/** @param {File[]} files */
async function take(files) {
  const loaded = await import("./files.js").catch(() => null);
  if (loaded) loaded.take(files);
  else add.after(el("span", { class: "picture-name", role: "alert" }, t("page.error.network")));
}
