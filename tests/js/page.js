// A document for the modules that read it as they are loaded: to be imported before them.
// Each file of tests runs in a process of its own, so none meets another's page.

import { readFileSync } from "node:fs";

import { GlobalRegistrator } from "@happy-dom/global-registrator";
import { BrowserErrorCaptureEnum } from "happy-dom";

GlobalRegistrator.register({
  url: "http://kex.invalid/",
  settings: {
    // Sheets are not fetched; the modules that wait for theirs go on.
    handleDisabledFileLoadingAsSuccess: true,
    // An error in a listener fails its test rather than being written to the console.
    errorCapture: BrowserErrorCaptureEnum.disabled,
  },
});
document.documentElement.lang = "en";

/** @param {string} name */
function tableOf(name) {
  const file = new URL(`../../wording/en/${name}.json`, import.meta.url);
  return Object.entries(JSON.parse(readFileSync(file, "utf-8")));
}

/** What the server sends with the page. */
const texts = Object.fromEntries(
  ["page", "knowledge"].flatMap((name) =>
    tableOf(name).map(([key, text]) => [`${name}.${key}`, text]),
  ),
);
const wording = document.createElement("script");
wording.id = "wording";
wording.type = "application/json";
wording.textContent = JSON.stringify({
  texts,
  presets: { en: Object.fromEntries(tableOf("presets")) },
});
document.head.append(wording);
