"""`app.py chat`: on a real terminal with a real model, and with one that is told what to do."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import PIL.Image
import pytest

from tests import EMPTY_CACHE, ROOT
from tests.cli.on_terminal import OnTerminal

COUNT = "Count from 1 to 1000, one number per line."


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "a picture.png"
    PIL.Image.new("RGB", (8, 8), "red").save(path)
    return path


def real(smollm2: Path, *arguments: str) -> OnTerminal:
    return OnTerminal(
        "app.py", "chat", "--model", "Embedded", "--temperature", "0", *arguments,
        KEX_EMBEDDED_PATH=str(smollm2),
    )  # fmt: skip


def scripted(*arguments: str, **env: str) -> OnTerminal:
    return OnTerminal("-m", "tests.cli.chat.scripted_chat", *arguments, **env)


def run(*arguments: str, stdin: bytes = b"", **env: str) -> subprocess.CompletedProcess[bytes]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("KEX_", "OPENAI_"))}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        input=stdin,
        capture_output=True,
        env={**clean, "KEX_CACHE_DIR": str(EMPTY_CACHE), "LC_ALL": "C.UTF-8", **env},
        timeout=120,
    )


# A real model


def test_ctrl_c_ends_the_reply_and_not_the_talk(smollm2: Path) -> None:
    with real(smollm2, "--verbose") as talk:
        talk.expect("User: ")
        talk.enter(f"{COUNT}\n")
        talk.expect("Embedded: ")
        talk.expect("2")
        talk.enter("\x03")
        talk.expect("[stopped]", 10)
        talk.expect("User: ", 5)
        talk.enter("What is the capital of France?\n")
        talk.expect("Embedded: ")
        assert talk.expect("\nprompt ").strip()
        assert "tokens/s" in talk.expect("User: ")
        talk.enter("/history\n")
        talk.expect(f"User: {COUNT}")
        talk.expect("[cut]")
        talk.expect("User: What is the capital of France?")
        talk.expect("User: ")
        talk.enter("stop\n")
        assert talk.end() == 0
        assert "Traceback" not in talk.seen


def test_local_glm_talks_about_a_picture(tiny_glm: Path, picture: Path) -> None:
    with OnTerminal(
        "app.py", "chat", "--device", "cpu", "--dtype", "fp32", "--seed", "1",
        "--image", str(picture),
        KEX_GLM_PATH=str(tiny_glm),
    ) as talk:  # fmt: skip
        talk.expect("You are talking with Local-GLM.")
        talk.expect("User: ")
        talk.enter("\n")
        talk.expect("Local-GLM: ")  # its numbers are random: it may write anything, without end
        talk.enter("\x03")
        talk.expect("User: ", 10)
        talk.enter("clear\n")
        talk.expect("Image path or URL")
        talk.enter("stop\n")
        assert talk.end() == 0
        assert "Traceback" not in talk.seen


def test_ctrl_d_at_the_prompt_ends_the_talk(smollm2: Path) -> None:
    with real(smollm2) as talk:
        talk.expect("User: ")
        talk.enter("\x04")
        assert talk.end() == 0
        assert "Traceback" not in talk.seen


def test_ctrl_c_at_the_prompt_interrupts_the_command(smollm2: Path) -> None:
    with real(smollm2) as talk:
        talk.expect("User: ")
        talk.interrupt_prompt()
        assert talk.end() == 130
        assert "Traceback" not in talk.seen


def test_an_earlier_line_comes_back_and_can_be_edited(smollm2: Path) -> None:
    pytest.importorskip("readline")
    with real(smollm2, "--max-tokens", "1") as talk:
        talk.expect("User: ")
        talk.enter("中文甲\n")
        talk.expect("User: ")
        talk.enter("\x1b[A\x7f乙\n")  # up, then the last character is replaced
        talk.expect("User: ")
        talk.enter("/history\n")
        talk.expect("User: 中文甲\n")
        talk.expect("User: 中文乙\n")


@pytest.mark.parametrize("arguments", [["--prompt", "What is 2 and 2?"], []])
def test_one_question_from_a_script(smollm2: Path, arguments: list[str]) -> None:
    done = run(
        "app.py", "chat", "--model", "Embedded", "--temperature", "0", "--max-tokens", "3",
        *arguments,
        stdin=b"" if arguments else b"What is\n2 and 2?\n", KEX_EMBEDDED_PATH=str(smollm2),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout.strip() and done.stdout.endswith(b"\n")
    assert b"Embedded" not in done.stdout
    assert done.stderr.decode().splitlines() == [
        "The reply reached its limit and is cut (--max-length, --max-tokens)."
    ]


def test_an_ascii_terminal_gets_question_marks(smollm2: Path) -> None:
    done = run(
        "app.py", "chat", "--prompt", "Say: é 中文", "--lang", "zh", "--max-tokens", "40",
        KEX_EMBEDDED_PATH=str(smollm2), KEX_GLM_PATH="/nonexistent", PYTHONIOENCODING="ascii",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout.isascii()
    assert b"Local-GLM ??" in done.stderr  # that another model answers is said in Chinese


def test_the_default_is_local_glm_or_else_the_settings_model(smollm2: Path) -> None:
    done = run(
        "app.py", "chat", "--prompt", "Hello", "--max-tokens", "2",
        KEX_EMBEDDED_PATH=str(smollm2), KEX_GLM_PATH="/nonexistent",
    )  # fmt: skip
    first = done.stderr.decode().splitlines()[0]
    assert first.startswith("Local-GLM cannot serve (")
    assert first.endswith("Embedded answers instead.")
    assert done.stdout.strip()


@pytest.mark.parametrize(
    ("arguments", "stdin", "code", "message"),
    [
        (["--model", "Local-GLM"], b"a", 3, "o weights at /nonexistent"),
        (["--model", "ChatGpt"], b"a", 3, "OPENAI_API_KEY"),
        (["--model", "Embedded"], b"a", 3, "models get Embedded"),
        (["--model", "Embedded"], b" \n", 2, "question is empty"),
        (["--model", "Embedded"], b"\xff", 2, "neither UTF-8"),
        (["--model", "Embedded", "--image", "a.png"], b"a", 2, "reads text only"),
        (["--top-p", "0"], b"a", 2, "--top-p"),
        (["--quant", "3"], b"a", 2, "--quant"),
    ],
)
def test_errors_of_the_start_have_exit_codes(
    arguments: list[str], stdin: bytes, code: int, message: str
) -> None:
    done = run("app.py", "chat", *arguments, stdin=stdin, KEX_GLM_PATH="/nonexistent")
    assert done.returncode == code, done.stderr.decode()
    assert done.stdout == b""
    assert message in done.stderr.decode()
    assert b"Traceback" not in done.stderr


def test_a_model_that_cannot_serve_ends_the_talk_at_its_start() -> None:
    with OnTerminal("app.py", "chat", "--model", "ChatGpt") as talk:
        assert talk.end() == 3
        assert "OPENAI_API_KEY" in talk.seen


# A model that sees, and tells what it was asked


def test_a_talk_about_a_picture(picture: Path) -> None:
    with scripted() as talk:
        talk.expect("Image path or URL (Enter for none): ")
        talk.enter("/nonexistent/x.png\n")
        talk.expect("/nonexistent/x.png cannot be read: No such file or directory")
        talk.expect("Image path or URL")
        talk.enter(f"{__file__}\n")
        talk.expect("not a readable PNG, JPEG or WebP")
        talk.expect("Image path or URL")
        talk.enter(f"'{picture}'\n")  # as terminals write a file that is dropped on them
        talk.expect("Enter alone asks: Describe this image.")
        talk.expect("User: ")
        talk.enter("\n")
        talk.expect("Local-GLM: <u 1 'Describe this image.'>")
        talk.enter("What colour?\n")
        talk.expect("<uau 100 'What colour?'>")
        talk.enter("\n")  # only the first question has a default
        talk.enter("clear\n")
        talk.expect("cleared")
        talk.expect("Image path or URL")
        talk.enter("\n")
        talk.enter("Hello\n")
        talk.expect("<u 0 'Hello'>")
        talk.enter(f"/image {picture}\n")
        talk.expect("A new conversation begins.")
        talk.enter("Again\n")
        talk.expect("<u 1 'Again'>")
        talk.enter("/clear\n")
        talk.expect("Image path or URL")
        talk.enter("stop\n")
        assert talk.end() == 0


def test_chinese_is_the_other_language(picture: Path) -> None:
    with scripted("--image", str(picture), LC_ALL="zh_CN.UTF-8", PYTHONUTF8="1") as talk:
        talk.expect("直接回车则问：描述这张图片。")
        talk.expect("用户：")
        talk.enter("\n")
        talk.expect("Local-GLM：<u 1 '描述这张图片。'>")
        talk.enter("/stop\n")
        assert talk.end() == 0
    with scripted("--english", LC_ALL="zh_CN.UTF-8", PYTHONUTF8="1") as talk:
        talk.expect("Image path or URL")


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ("one \\\ntwo\\\nthree\n", "one \\ntwo\\nthree"),
        ('"""\none\n\n  two\n"""\n', "one\\n\\n  two"),
        ("/etc/passwd is what?\n", "/etc/passwd is what?"),
        ('"""\nended by a key\n\x04', "ended by a key"),
    ],
)
def test_what_counts_as_one_question(typed: str, asked: str) -> None:
    with scripted() as talk:
        talk.expect("Image path")
        talk.enter("\n")
        talk.expect("User: ")
        talk.enter(typed)
        talk.expect(f"<u 0 '{asked}'>")


def test_ctrl_c_drops_the_lines_that_are_not_sent_yet() -> None:
    with scripted() as talk:
        talk.expect("Image path")
        talk.enter("\n")
        talk.expect("User: ")
        talk.enter('"""\nnever asked\n')
        talk.expect("never asked\n... ")
        talk.interrupt_prompt()
        talk.expect("User: ")
        talk.enter("after\n")
        talk.expect("<u 0 'after'>")


def test_commands_that_are_not_the_models_business() -> None:
    with scripted() as talk:
        talk.expect("Image path")
        talk.enter("\n")
        talk.enter("/history\n")
        talk.expect("Nothing has been said yet.")
        talk.enter("/help\n")
        talk.expect("/image PATH")
        talk.enter("/nonsense\n")
        talk.expect("There is no command /nonsense")
        talk.enter("/image\n")
        talk.expect("Image path")
        talk.enter("\n")  # no other picture after all: the talk goes on
        talk.enter("Hello\n")
        talk.expect("<u 0 'Hello'>")


def test_replies_that_go_wrong_leave_the_talk_standing() -> None:
    with scripted("--verbose") as talk:
        talk.expect("Image path")
        talk.enter("\nfail\n")
        talk.expect("half \n")
        talk.expect("Error: The model broke.")
        talk.enter("nothing\n")
        talk.expect("The model wrote nothing")
        talk.enter("cut\n")
        talk.expect("The reply reached its limit")
        talk.expect("prompt 7 tokens, reply 3;")
        talk.enter("warn\n")
        talk.expect("Warning: It was weaker.")
        talk.expect("prompt ? tokens, reply ?;")
        talk.enter("overflow\n")
        talk.expect("Error: The talk is too long.")
        talk.expect("Type clear to start again")
        talk.enter("Hello\n")
        talk.expect("<uauau 00000 'Hello'>")  # what was cut or weak is remembered, the rest is not


@pytest.mark.parametrize(("cue", "kept"), [("slow", "uau 000"), ("silent", "u 0")])
def test_a_stopped_reply_is_remembered_as_far_as_it_came(cue: str, kept: str) -> None:
    with scripted() as talk:
        talk.expect("Image path")
        talk.enter(f"\n{cue}\n")
        talk.expect("and on" if cue == "slow" else "reading")
        talk.enter("\x03")
        talk.expect("[stopped]", 5)
        talk.expect("User: ")
        talk.enter("Hello\n")
        talk.expect(f"<{kept} 'Hello'>")


def test_no_control_character_of_a_model_reaches_the_terminal() -> None:
    with scripted() as talk:
        talk.expect("Image path")
        talk.enter("\nescape\n")
        talk.expect("[31mred 2J\ttab\nline\n")
        reply = talk.raw[talk.raw.index(b"[31m") - 1 :].partition(b"line")[0]
        assert b"\x1b" not in reply and b"\x07" not in reply and "\x9b".encode() not in reply
