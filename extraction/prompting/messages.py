"""From a task to the messages that a model reads: prompt file, output form, examples, text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from extraction.prompting.answer_grammar import SHAPES, Style, grammar, json_schema, write_answer
from extraction.request.task import Example, Task
from knowledge.classes import explained
from knowledge.items import PromptType
from knowledge.text.spans import Lang
from models.base import Capabilities, GenerateRequest, Message
from prompts.loader import Prompt, TrainedPrompt, load_prompt, load_trained_prompt

# Lines of the user turn that only some chunks have.
_CONTEXT: dict[Lang, str] = {"zh": "上文：%s\n", "en": "Context: %s\n"}
_KNOWN: dict[Lang, str] = {
    "zh": "\n已找到：%s\n只补充遗漏的。",
    "en": "\nAlready found: %s\nAdd only what is missing.",
}


def build_request(
    task: Task, source: str, can: Capabilities, context: str = "", known: str = ""
) -> GenerateRequest:
    """The request for one chunk `source` of the task's text, for a model that can `can`.

    `context` names what the chunk points back to, `known` is what an earlier pass found in it.
    """
    tuned = tuned_for(task, can)
    labels = labels_of(task)
    style = style_for(can, tuned)
    told = _CONTEXT[task.lang] % context if context else ""
    rest = _KNOWN[task.lang] % known if known else ""
    messages = (_trained if tuned else _few_shot)(task, source, labels, style, told, rest)
    # Strings are held to what the model can write; grounding finds them in the text as it is.
    writable = f"{source}\n{context}" if context else source
    writable = unicodedata.normalize("NFKC", writable) if can.nfkc else writable
    held_to = writable if task.grounding == "strict" else None
    return GenerateRequest(
        messages=messages,
        max_tokens=task.max_tokens,
        temperature=task.temperature,
        grammar=grammar(task.prompt_type, task.lang, held_to, labels, task.entity, style)
        if can.constraint == "grammar"
        else None,
        json_schema=json_schema(task.prompt_type, labels, task.entity),
        logprobs=True,
        tuned=f"{task.lang}/{task.prompt_type}" if tuned else "",
    )


def tuned_for(task: Task, can: Capabilities) -> bool:
    """Whether the model was trained for this task, as `asked_as` puts it."""
    if task.image is not None or (_of_all(task) and task.examples):
        return False
    return f"{task.lang}/{asked_as(task)}" in can.tuned


def asked_as(task: Task) -> PromptType:
    """The task that a trained model is asked: the facts of every entity are the text's triples."""
    return "KE1" if _of_all(task) else task.prompt_type


def _of_all(task: Task) -> bool:
    return task.prompt_type == "KE3" and not task.entity


def _few_shot(
    task: Task, source: str, labels: Mapping[str, str], style: Style, context: str, known: str
) -> tuple[Message, ...]:
    prompt = load_prompt(task.prompt_type, task.lang)
    turn = user_turn(prompt, source, labels, task.entity, context, known)
    images = (task.image,) if task.image else ()
    prefix = _prefix(task.prompt_type, prompt, style, task.examples)
    return (*prefix, Message("user", turn, images))


def _trained(
    task: Task, source: str, labels: Mapping[str, str], style: Style, context: str, known: str
) -> tuple[Message, ...]:
    """Text first, no examples but the user's own, which are earlier turns."""
    prompt = load_trained_prompt(task.lang)
    if not task.labels:  # the common classes are known without their descriptions
        labels = dict.fromkeys(labels, "")
    elif task.prompt_type == "KE2":
        labels = explained(labels, task.lang)
    messages = [Message("system", prompt.system)]
    for example in task.examples:
        entity = _entity_of(task.prompt_type, example.answer)
        shown = labels or _labels_in(task.prompt_type, example.answer)
        turn = trained_turn(prompt, task.prompt_type, example.text, shown, entity)
        messages.append(Message("user", turn))
        answer = write_answer(task.prompt_type, style, example.answer)
        messages.append(Message("assistant", answer))
    turn = trained_turn(prompt, task.prompt_type, source, labels, task.entity)
    return (*messages, Message("user", f"{context}{turn}{known}"))


def trained_turn(
    prompt: TrainedPrompt,
    prompt_type: PromptType,
    text: str,
    labels: Mapping[str, str],
    entity: str | None = None,
) -> str:
    """One user turn in the trained wording; a description goes behind its label in brackets."""
    listed = [f"{name} ({note})" if note else name for name, note in labels.items()]
    if prompt_type == "KE1":
        line = prompt.task("triples_of", listed) if listed else prompt.task("triples")
    elif prompt_type == "KE2":
        line = prompt.task("entities", listed)
    else:
        line = prompt.task("facts_of" if listed else "facts", listed, entity or "")
    return prompt.text.replace("{text}", text, 1) + line


def style_for(can: Capabilities, tuned: bool = False) -> Style:
    """How the model writes an answer."""
    if can.constraint != "grammar":
        return "objects"
    return "trained" if tuned else "arrays"


def labels_of(task: Task) -> Mapping[str, str]:
    """The labels that an answer may use: the user's, those of the user's own examples (KE2), else
    the prompt file's; none means any."""
    shown: dict[str, str] = {}
    for example in task.examples:
        shown |= _labels_in(task.prompt_type, example.answer)
    return task.labels or shown or load_prompt(task.prompt_type, task.lang).labels


def warm_prefixes(can: Capabilities) -> list[tuple[Message, ...]]:
    """What every few-shot request without examples of its own begins with, per task and language:
    nothing where a model was trained for it."""
    style = style_for(can)
    pairs: list[tuple[PromptType, Lang]] = [
        ("KE1", "zh"), ("KE2", "zh"), ("KE3", "zh"), ("KE1", "en"), ("KE2", "en"), ("KE3", "en"),
    ]  # fmt: skip
    prefixes = []
    for prompt_type, lang in pairs:
        if f"{lang}/{prompt_type}" in can.tuned:
            continue
        prompt = load_prompt(prompt_type, lang)
        turn = Message("user", user_turn(prompt, "", {}, None))
        prefixes.append((*_prefix(prompt_type, prompt, style, ()), turn))
    return prefixes


def _prefix(
    prompt_type: PromptType, prompt: Prompt, style: Style, own: tuple[Example, ...]
) -> tuple[Message, ...]:
    """System text and examples: the same for every text, so that an engine can cache it."""
    shape = SHAPES[prompt_type].get(style, "")
    messages = [Message("system", prompt.system.replace("{form}", shape))]
    shown = [(e.text, e.entity, e.answer, {}) for e in prompt.examples] if not own else [
        (e.text, _entity_of(prompt_type, e.answer), e.answer, _labels_in(prompt_type, e.answer))
        for e in own
    ]  # fmt: skip
    for text, entity, answer, labels in shown:
        messages.append(Message("user", user_turn(prompt, text, labels, entity)))
        messages.append(Message("assistant", write_answer(prompt_type, style, answer)))
    return tuple(messages)


def user_turn(
    prompt: Prompt,
    text: str,
    own: Mapping[str, str],
    entity: str | None,
    context: str = "",
    known: str = "",
) -> str:
    labels = own or prompt.labels
    listed = [f"{name} ({note})" if note else name for name, note in labels.items()]
    fields = {
        "labels": prompt.separator.join(listed) or prompt.any_label,
        "entity": entity or prompt.any_entity,
        "text": text + known,
        "context": context,
    }
    # On a line of its own before the text's.
    template = re.sub(r"(?m)^(?=[^\n]*\{text\})", "{context}", prompt.user, count=1)
    return re.sub(r"\{(labels|entity|text|context)\}", lambda mark: fields[mark.group(1)], template)


def _entity_of(prompt_type: PromptType, answer: object) -> str | None:
    if prompt_type == "KE3" and isinstance(answer, dict):
        return str(answer["entity"])
    return None


def _labels_in(prompt_type: PromptType, answer: object) -> dict[str, str]:
    """A user's KE2 example shows its own classes, so that its list and its answer agree."""
    if prompt_type == "KE2" and isinstance(answer, dict):
        return dict.fromkeys(map(str, answer), "")
    return {}
