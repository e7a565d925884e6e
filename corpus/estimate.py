"""What a run would read and cost, before anything is spent: `--dry-run`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from corpus.budget import estimate_tokens
from corpus.fingerprint import Recipes
from corpus.index import FILE, Index, translate_errors
from corpus.inputs.opening import open_input
from corpus.intake import Intake, Refused
from corpus.job_spec import JobSpec
from corpus.run import RunOptions, limits
from corpus.work import Work, read_text
from errors import KexError, Unavailable
from extraction.extractor import parts_of
from extraction.prompting.questions import turn_for
from folders import claim
from knowledge.text.document import Document
from models.base import GenerateRequest, Model
from models.cache_key import model_settings
from models.progress import load
from settings import Settings


@dataclass(frozen=True)
class Estimate:
    """`finished` documents have their outcomes, `refused` cannot be read; the rest is `to_do`.

    `counted`: the prompts' tokens are those of the model's own tokenizer, else an estimate.
    `longest_answers` in tokens is what no run goes over, tries again apart; `answers` is what the
    documents in the folder needed, in proportion to characters: None where it has none.
    `unavailable` says why the model cannot serve now.
    """

    documents: int = 0
    finished: int = 0
    refused: int = 0
    to_do: int = 0
    requests: int = 0
    characters: int = 0
    prompt_tokens: int = 0
    longest_answers: int = 0
    answers: int | None = None
    counted: bool = False
    unavailable: str | None = None


def estimate(
    out: Path,
    spec: JobSpec,
    options: RunOptions,
    model: Model,
    settings: Settings,
    tell: Callable[[float], None],
) -> Estimate:
    """Reads every document, asks the model nothing, writes nothing. Raises KexError as `run`, but
    for a model that cannot serve: what its requests would be can be told all the same."""
    input_ = open_input(spec.input, spec.fields, out)
    unavailable: str | None = None
    try:
        for _ in load(model):
            pass
    except Unavailable as error:
        unavailable = error.message
    recipes = Recipes(
        spec.options, spec.model, model_settings(spec.model, settings), limits(settings)
    )
    found = Estimate(counted=model.count_tokens(["."]) is not None, unavailable=unavailable)
    with _opened_index(out) as index:
        admission = Intake(index, recipes, spec.options.types, retry=options.retry)
        counter = _Counter(model)
        answers = 0.0
        rates = _rates(index)
        for entry in islice(iter(input_), options.limit):
            tell(entry.at / input_.size if input_.size else 1.0)
            found = replace(found, documents=found.documents + 1)
            work = admission.admit(entry)
            if work is None:
                found = replace(found, finished=found.finished + 1)
            elif isinstance(work, Refused):
                found = replace(found, refused=found.refused + 1)
            else:
                found, more = _add(found, work, spec, model, settings, counter, rates)
                answers += more
    known = bool(rates) and rates.keys() >= set(spec.options.types)
    return replace(found, answers=round(answers) if known else None)


def _add(
    found: Estimate,
    work: Work,
    spec: JobSpec,
    model: Model,
    settings: Settings,
    counter: _Counter,
    rates: dict[str, float],
) -> tuple[Estimate, float]:
    """The estimate with one more document, and the tokens that its answers may have."""
    try:
        _, text = read_text(work, limits(settings))
        requests = [
            request
            for type_ in work.types
            for request in _requests(spec, type_, text, work.entry.entity, model)
        ]
    except KexError:
        return replace(found, refused=found.refused + 1), 0.0
    passes = spec.options.passes
    grown = replace(
        found,
        to_do=found.to_do + 1,
        requests=found.requests + passes * len(requests),
        characters=found.characters + len(text),
        prompt_tokens=found.prompt_tokens + passes * sum(map(counter.count, requests)),
        longest_answers=found.longest_answers + passes * sum(one.max_tokens for one in requests),
    )
    return grown, sum(rates.get(type_, 0.0) * len(text) for type_ in work.types)


def _requests(
    spec: JobSpec, type_: str, text: str, entity: str | None, model: Model
) -> Iterator[GenerateRequest]:
    task = spec.options.task(type_, text, entity)  # type: ignore[arg-type]  # one of its types
    for part in parts_of(task, model, Document(task.text, task.body_start)):
        source = task.text[part.span.start : part.span.end]
        yield turn_for(task, source, model.capabilities).request


class _Counter:
    """Counts a request's tokens; what all requests begin with is counted once."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._known: dict[tuple[str, ...], int] = {}

    def count(self, request: GenerateRequest) -> int:
        *prefix, last = (message.content for message in request.messages)
        key = tuple(prefix)
        if key not in self._known:
            self._known[key] = self._tokens(list(key))
        return self._known[key] + self._tokens([last])

    def _tokens(self, texts: list[str]) -> int:
        counts = self._model.count_tokens(texts)
        return estimate_tokens(texts) if counts is None else sum(counts)


def _rates(index: Index) -> dict[str, float]:
    """Tokens of the answers a character of text, by task, where the folder has answers."""
    rows = index.rows(
        "SELECT type, 1.0 * sum(completion_tokens) / sum(characters) FROM units"
        " WHERE completion_tokens IS NOT NULL AND characters > 0 GROUP BY type"
    )
    return {str(type_): float(rate) for type_, rate in rows}


@contextmanager
def _opened_index(out: Path) -> Iterator[Index]:
    """The folder's index, or an empty one; nothing that is written to it stays."""
    if (out / FILE).is_file():
        with claim(out), translate_errors(out), closing(Index(out)) as index:
            yield index
    else:
        with TemporaryDirectory() as folder, closing(Index(Path(folder))) as index:
            yield index
