"""A talk on the terminal: questions, commands, the picture, and what was said so far."""

from __future__ import annotations

import re

from cli.chat.pictures import open_picture
from cli.chat.replies import Limits, Reply, build_request, read_reply, tell_end
from cli.chat.wording import Wording
from cli.terminal import ask, ask_lines, catch_interrupt, remark, write
from conversation.chat import Turn
from errors import InputError, TooLarge
from models.base import Image, Model
from wording import localised

_COMMAND = re.compile(r"/([a-z]+)(?:[ \t]+(.*))?$")  # a question may begin with a path


class _Stopped(Exception):
    """The user has said `stop`."""


class Dialogue:
    """Holds a talk with `model` until the user ends it; Ctrl-C at the prompt is let through."""

    def __init__(
        self, model: Model, limits: Limits, texts: Wording, *, max_image_bytes: int, verbose: bool
    ) -> None:
        self._model = model
        self._limits = limits
        self._texts = texts
        self._max_image_bytes = max_image_bytes
        self._verbose = verbose
        self._turns: list[Turn] = []
        self._image: Image | None = None

    def run(self, place: str | None) -> None:
        """Talk; `place` is where the first picture is, if the user has named one already."""
        write(self._texts.welcome.format(model=self._model.name) + "\n")
        try:
            self._begin(place)
            while True:
                self._take(ask_lines(self._texts.user).strip())
        except EOFError:
            write("\n")  # the shell's prompt gets a line of its own
        except _Stopped:
            pass

    def _begin(self, place: str | None = None) -> None:
        self._turns, self._image = [], None
        if self._model.capabilities.images:
            self._see(self._choose_picture(place))

    def _choose_picture(self, place: str | None) -> Image | None:
        """Ask until there is a picture, or none is wanted."""
        while True:
            place = (ask(self._texts.image) if place is None else place).strip()
            if place in ("stop", "/stop"):
                raise _Stopped
            if not place:
                return None
            try:
                return open_picture(place, self._max_image_bytes)
            except InputError as error:
                remark(self._texts.error.format(message=localised(error.message, self._texts.lang)))
                place = None

    def _see(self, image: Image | None) -> None:
        """Begin anew with a picture."""
        if image is None:
            return
        self._turns, self._image = [], image
        write(self._texts.image_read.format(kib=-(-len(image.data) // 1024)) + "\n")
        write(self._texts.with_image.format(question=self._texts.describe) + "\n")

    def _take(self, said: str) -> None:
        """A command, a question, or Enter alone."""
        found = _COMMAND.match(said)
        if said in ("clear", "stop"):
            self._command(said, "")
        elif found:
            self._command(found[1], found[2] or "")
        elif said:
            self._ask(said)
        elif self._image is not None and not self._turns:
            self._ask(self._texts.describe)

    def _command(self, name: str, rest: str) -> None:
        if name == "stop":
            raise _Stopped
        if name == "clear":
            write(self._texts.cleared + "\n")
            self._begin()
        elif name == "image" and self._model.capabilities.images:
            self._see(self._choose_picture(rest or None))
        elif name == "image":
            remark(self._texts.blind.format(model=self._model.name))
        elif name == "history":
            self._show_history()
        elif name == "help":
            write(self._texts.help + "\n")
        else:
            remark(self._texts.unknown.format(name=f"/{name}"))

    def _show_history(self) -> None:
        if not self._turns:
            write(self._texts.no_history + "\n")
        for turn in self._turns:
            mark = f" {self._texts.cut}" if turn.cut else ""
            write(f"{self._texts.user}{turn.question}\n")
            write(f"{self._label()}{turn.answer}{mark}\n")

    def _label(self) -> str:
        return self._texts.label.format(model=self._model.name)

    def _ask(self, question: str) -> None:
        request = build_request(self._turns, question, self._image, self._limits)
        with catch_interrupt() as interrupt:
            reply = read_reply(
                self._model, request, self._texts, label=self._label(), interrupt=interrupt
            )
        self._keep(question, reply)

    def _keep(self, question: str, reply: Reply) -> None:
        """Tell how the reply ended, and remember it; a failed or an empty one is not part of it."""
        texts = self._texts
        tell_end(reply, texts, verbose=self._verbose)
        if reply.interrupted:
            remark(texts.stopped)
        if reply.error is not None:
            remark(texts.error.format(message=localised(reply.error.message, texts.lang)))
            if isinstance(reply.error, TooLarge) and self._turns:
                remark(texts.too_long)
        elif reply.text:
            self._turns.append(Turn(question, reply.text, reply.cut))
        else:
            remark(texts.not_kept if reply.interrupted else texts.empty_answer)
