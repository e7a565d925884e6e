"""Hands files to the page, as a person would: by the file chooser, a drag, or the clipboard."""

from __future__ import annotations

import base64

from playwright.sync_api import FilePayload, Page

File = FilePayload

# Browsers let no script fill a clipboard or a drag with files; the events are made by hand.
HAND_OVER = """([selector, kind, files, texts]) => {
  const data = new DataTransfer();
  for (const { name, mimeType, bytes } of files) {
    const content = Uint8Array.from(atob(bytes), (char) => char.codePointAt(0));
    data.items.add(new File([content], name, { type: mimeType }));
  }
  for (const [type, text] of Object.entries(texts)) data.setData(type, text);
  const options = { bubbles: true, cancelable: true };
  const target = document.querySelector(selector);
  return target.dispatchEvent(kind === "paste"
    ? new ClipboardEvent(kind, { ...options, clipboardData: data })
    : new DragEvent(kind, { ...options, dataTransfer: data }));
}"""


def file(name: str, data: bytes | str, kind: str = "") -> File:
    return {
        "name": name,
        "mimeType": kind,
        "buffer": data.encode() if isinstance(data, str) else data,
    }


def hand_over(page: Page, kind: str, *files: File, at: str = "#user-input", **texts: str) -> bool:
    """Dispatches a paste or drag event; False if the page took it for itself."""
    carried = [
        {**one, "buffer": None, "bytes": base64.b64encode(one["buffer"]).decode()} for one in files
    ]
    types = {name.replace("_", "/"): text for name, text in texts.items()}
    return bool(page.evaluate(HAND_OVER, [at, kind, carried, types]))


def choose(page: Page, *files: File) -> None:
    with page.expect_file_chooser() as chooser:
        page.locator("form").get_by_role("button", name="Add file…").click()
    chooser.value.set_files([*files])
