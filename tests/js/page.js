// A document for the modules that read it as they are loaded: to be imported before them.
// Each file of tests runs in a process of its own, so none meets another's page.

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
