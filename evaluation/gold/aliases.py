"""The names that go for one entity in a gold row: any of them in an answer is right."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from evaluation.matching import ENOUGH, normalise, overlap


class Aliases:
    """Maps a name to the first name of its group; without groups every name stands for itself."""

    def __init__(self, groups: Mapping[str, Sequence[str]], gold: Iterable[str]) -> None:
        self._first: dict[str, str] = {}
        self._forms: list[tuple[str, str]] = []
        if not groups:
            return
        grouped = {normalise(form) for name in groups for form in (name, *groups[name])}
        # A gold string outside every group must not be drawn into one by the relaxed search.
        alone = [(name, [name]) for name in sorted(set(gold)) if normalise(name) not in grouped]
        for first, forms in [*alone, *((name, [name, *groups[name]]) for name in groups)]:
            for form in forms:
                self._first.setdefault(normalise(form), first)
                self._forms.append((form, first))

    def strict(self, name: str) -> str:
        """The normalised first name of the group that has exactly this name."""
        return normalise(self._first.get(normalise(name), name))

    def relaxed(self, name: str) -> str:
        """The same; failing that, of the group with the most similar name."""
        exact = self._first.get(normalise(name))
        if exact is not None or not self._forms:
            return normalise(exact if exact is not None else name)
        likest = max(self._forms, key=lambda form: overlap(form[0], name))
        return normalise(likest[1] if overlap(likest[0], name) >= ENOUGH else name)
