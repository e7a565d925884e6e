"""An answer's text while it is being written, as the official demo would show it at the end."""

from __future__ import annotations

import re

from models.visualglm.text.chat import process_response

# What the end of a text may still turn into something else: white space (stripped at the end),
# marks (full-width once Chinese follows), the beginning of a placeholder.
_UNSTABLE = re.compile(r"[\s,!:;?]*(?:\[[^\]]{0,8}\]?)?$")


class ResponseStream:
    """Says of a growing text only what stays: all that it has said is `process_response` of all
    that it was fed, once `flush` is called."""

    def __init__(self) -> None:
        self._raw = ""
        self._said = 0  # characters

    def feed(self, text: str) -> str:
        """What has become certain by this piece of the text."""
        if not text:
            return ""
        self._raw += text
        match = _UNSTABLE.search(self._raw)
        return self._say(self._raw[: match.start()] if match else self._raw)

    def flush(self) -> str:
        """The rest: nothing more will come."""
        return self._say(self._raw)

    def _say(self, certain: str) -> str:
        text = process_response(certain)
        new, self._said = text[self._said :], max(self._said, len(text))
        return new
