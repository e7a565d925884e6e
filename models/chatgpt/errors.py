"""What the openai SDK and the servers behind it complain of, said in Kex's own errors.

One table of statuses. Knows nothing of streams, retries or prompts; no message made here holds
the key. Imports the SDK inside functions only: it takes 0.3 s and most requests need none of it.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from errors import (
    DeadlineExceeded,
    KexError,
    ModelFailed,
    RateLimited,
    TooLarge,
    Unavailable,
    Unprocessable,
)
from redaction import redacted
from wording import message

if TYPE_CHECKING:
    import openai

LONGEST_QUOTE = 300  # characters of a server's own words


@dataclass(frozen=True)
class Service:
    """Whom we talk to, as far as a message may name it; `timeout` in seconds."""

    host: str
    model: str
    timeout: float
    key: str | None = field(default=None, repr=False)

    def told_in(self, text: str) -> bool:
        """Whether `text` gives the key away."""
        return self.key is not None and redacted(text, (self.key,)) != text

    def quote(self, text: str) -> str:
        """A server's words on one line: the key out of them, at most 300 characters."""
        text = " ".join(redacted(text, (self.key or "",)).split())
        return text if len(text) <= LONGEST_QUOTE else text[: LONGEST_QUOTE - 1] + "…"


_REFUSED = (Unprocessable, "errors.chatgpt_rejected")
_NO_CREDIT = "errors.chatgpt_no_credit"
_BY_STATUS: dict[int, tuple[type[KexError], str]] = {
    400: _REFUSED,
    401: (Unavailable, "errors.chatgpt_key_rejected"),
    402: (RateLimited, _NO_CREDIT),
    403: (Unavailable, "errors.chatgpt_key_forbidden"),
    404: (Unavailable, "errors.chatgpt_no_model"),
    408: (DeadlineExceeded, "errors.chatgpt_timed_out"),
    413: (TooLarge, "errors.chatgpt_too_large"),
    422: _REFUSED,
    429: (RateLimited, "errors.chatgpt_rate_limited"),
}
_SERVER_ERROR = (ModelFailed, "errors.chatgpt_server_error")
_OTHER = (Unavailable, "errors.chatgpt_other_status")


def faults() -> tuple[type[Exception], ...]:
    """What a call through the SDK may raise: its own errors, the ones of httpx2 that it lets
    through (while it reads the body of an error), and ValueError for what is no JSON or UTF-8."""
    import httpx2
    import openai

    return (openai.OpenAIError, httpx2.HTTPError, httpx2.InvalidURL, ValueError)


def translate(error: Exception, service: Service) -> KexError:
    """Our error for one of `faults()`."""
    import httpx2
    import openai

    host = service.host
    if isinstance(error, UnicodeEncodeError):
        return Unprocessable(message("errors.chatgpt_half_character"))
    if isinstance(error, httpx2.InvalidURL):
        return Unavailable(message("errors.chatgpt_bad_url"), field="OPENAI_BASE_URL")
    if timed_out(error) and not isinstance(_below(error), httpx2.ConnectTimeout):
        return DeadlineExceeded(
            message("errors.chatgpt_silent", host=host, timeout=service.timeout)
        )
    if isinstance(error, (openai.APIConnectionError, httpx2.HTTPError)):
        return Unavailable(
            message("errors.chatgpt_connection_failed", host=host, reason=_network_reason(error))
        )
    if isinstance(error, openai.APIError):
        return _said_by_server(error, service)
    return ModelFailed(message("errors.chatgpt_not_compatible", host=host))


def _said_by_server(error: openai.APIError, service: Service) -> KexError:
    status = status_of(error)
    kind, key = _BY_STATUS.get(status, _SERVER_ERROR if status >= 500 else _OTHER)
    if _beyond_server(error):
        kind, key = _REFUSED
    if out_of_credit(error):
        kind, key = RateLimited, _NO_CREDIT
    if status == 401 and service.key is None:
        kind, key = Unavailable, "errors.chatgpt_needs_key"
    words = service.quote(words_of(error)) or message("errors.chatgpt_no_reason")
    pause = retry_after(error)
    return kind(
        message(key, host=service.host, model=service.model, status=status, said=words),
        retry_after=None if pause is None else math.ceil(pause),
    )


def status_of(error: openai.APIError) -> int:
    """The HTTP status; where an error comes inside a stream that began well, its own code."""
    import openai

    if isinstance(error, openai.APIStatusError):
        return error.status_code
    code = str(error.code or "")
    return int(code) if len(code) == 3 and code.isdecimal() else 500


def words_of(error: openai.APIError) -> str:
    """What the server says, without the SDK's frame around it where the body is as it should be."""
    said = error.body.get("message") if isinstance(error.body, dict) else error.body
    if not isinstance(said, str):
        said = error.message
    # An HTML page, such as a gateway's, is no sentence.
    return "" if "<html" in said.lower() else said


def complaint_of(error: Exception) -> str:
    """The server's words on a request that it rejects as such; empty for any other failure."""
    import openai

    if not isinstance(error, openai.APIError):
        return ""
    if status_of(error) not in (400, 404, 422) and not _beyond_server(error):
        return ""
    return f"{error.param or ''} {words_of(error)}"


def timed_out(error: Exception) -> bool:
    """Whether a time-out of ours ran out."""
    import httpx2

    return isinstance(_below(error), httpx2.TimeoutException)


def _below(error: Exception) -> BaseException:
    """What httpx2 raised, where the SDK has wrapped it."""
    import openai

    wrapped = isinstance(error, openai.APIConnectionError) and error.__cause__ is not None
    return error.__cause__ or error if wrapped else error


def worth_retrying(error: Exception) -> bool:
    """Whether the same request may well succeed a little later."""
    import httpx2
    import openai

    if isinstance(error, (openai.APIConnectionError, httpx2.HTTPError)):
        return True
    if not isinstance(error, openai.APIError) or out_of_credit(error) or _beyond_server(error):
        return False
    status = status_of(error)
    return status in (408, 409, 429) or status >= 500  # 409: the service's lock time-outs


def out_of_credit(error: openai.APIError) -> bool:
    """Whether waiting cannot help, since somebody has to pay."""
    return "insufficient_quota" in (error.code, error.type)


def _beyond_server(error: openai.APIError) -> bool:
    """llama.cpp says 500 to an image that its model cannot see: no passing failure."""
    return status_of(error) >= 500 and "not supported" in words_of(error)


def retry_after(error: Exception) -> float | None:
    """Seconds of the header Retry-After (a number or a date); None if absent or nonsense."""
    import openai

    if not isinstance(error, openai.APIStatusError):
        return None
    text = error.response.headers.get("retry-after", "")
    try:
        seconds = float(text)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(text).timestamp() - time.time()
        except (TypeError, ValueError, OverflowError):
            return None
    return max(seconds, 0.0) if math.isfinite(seconds) else None


def _network_reason(error: Exception) -> str:
    """The kind of failure in words; the text of the exceptions below may hold whole headers."""
    import httpx2

    cause = _below(error)
    if isinstance(cause, httpx2.ConnectTimeout):
        return message("errors.chatgpt_no_answer")
    if isinstance(cause, httpx2.ConnectError):
        return message("errors.chatgpt_no_connection")
    return message("errors.chatgpt_cut_connection")
