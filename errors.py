"""Every error that Kex shows to a person, in one tree; knows nothing of Flask or of a model.

KexError                    code               HTTP
├─ InputError               invalid_input      400   a field of the request is wrong
│  ├─ UnknownModel          model_not_found    404   no model has this name
│  ├─ UnknownConversation   conversation_not_found  404   none is kept under this id
│  ├─ UnknownTurn           turn_not_found     404   the conversation has no such turn
│  ├─ UnknownEntity         entity_not_found   404   the knowledge base has no such entity or name
│  ├─ UnknownSource         source_not_found   404   the knowledge base has no such source
│  ├─ Conflict              conflict           409   it was changed elsewhere meanwhile
│  ├─ TooLarge              too_large          413   text, image or body over a limit
│  ├─ UnsupportedMedia      unsupported_media  415   a content type or file nobody reads here
│  ├─ Unprocessable         unprocessable      422   well formed, but this model cannot do it
│  └─ UnreadableDocument    unreadable_document  422   a file is damaged, or not what its name says
│     ├─ ProtectedDocument  protected_document 422   it opens with a password only
│     └─ TextlessDocument   textless_document  422   it holds no text, perhaps pictures of text
├─ NoKey                    no_key             401   the server, or a replica, wants a key
├─ CrossSite                cross_site         403   another site's page sent the request
├─ RateLimited              rate_limited       429   the upstream service asks for patience
│  └─ ClientLimited         client_limited     429   this client has asked for its share
├─ Unavailable              unavailable        503   the model cannot serve now; it says why
│  ├─ Busy                  busy               503   every place is taken; try again
│  ├─ Stopping              stopping           503   the server is about to end
│  ├─ WeightsError          weights            503   weights missing, wrong or not to be had
│  ├─ BudgetReached         budget             503   a corpus may cost no more than it has
│  └─ ModelFailed           model_failed       503   the model broke off or answered with nonsense
├─ StoreFailed              store              503   conversations cannot be kept or read now
│  ├─ StoreOff              store_off          503   they are not kept here at all (KEX_STORE)
│  └─ BaseOff               base_off           503   there is no knowledge base here (KEX_BASE)
├─ DeadlineExceeded         timeout            504   no answer in time
└─ Stopped                  stopped            499   whoever asked has left, or pressed Stop
"""

from __future__ import annotations

from wording import Lang, localised


class KexError(Exception):
    """An error with a public message.

    `message` is shown to the user, in its language where it is a `wording.Message`; it never holds
    a secret or a trace. `field` names the request field or setting to mend; `retry_after` is in
    seconds.
    """

    status = 500
    code = "internal"

    def __init__(
        self, message: str, *, field: str | None = None, retry_after: int | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.retry_after = retry_after

    def to_json(self, lang: Lang = "en") -> dict[str, dict[str, str | None]]:
        """The one error shape of the HTTP contract, its message in that language."""
        text = localised(self.message, lang)
        return {"error": {"code": self.code, "message": text, "field": self.field}}


class InputError(KexError):
    status = 400
    code = "invalid_input"


class UnknownModel(InputError):
    status = 404
    code = "model_not_found"


class UnknownConversation(InputError):
    status = 404
    code = "conversation_not_found"


class UnknownTurn(InputError):
    status = 404
    code = "turn_not_found"


class UnknownEntity(InputError):
    status = 404
    code = "entity_not_found"


class UnknownSource(InputError):
    status = 404
    code = "source_not_found"


class Conflict(InputError):
    status = 409
    code = "conflict"


class TooLarge(InputError):
    status = 413
    code = "too_large"


class UnsupportedMedia(InputError):
    status = 415
    code = "unsupported_media"


class Unprocessable(InputError):
    status = 422
    code = "unprocessable"


class UnreadableDocument(InputError):
    status = 422
    code = "unreadable_document"


class ProtectedDocument(UnreadableDocument):
    code = "protected_document"


class TextlessDocument(UnreadableDocument):
    code = "textless_document"


class NoKey(KexError):
    status = 401
    code = "no_key"


class CrossSite(KexError):
    status = 403
    code = "cross_site"


class RateLimited(KexError):
    status = 429
    code = "rate_limited"


class ClientLimited(RateLimited):
    code = "client_limited"


class Unavailable(KexError):
    status = 503
    code = "unavailable"


class Busy(Unavailable):
    code = "busy"


class Stopping(Unavailable):
    code = "stopping"


class WeightsError(Unavailable):
    code = "weights"


class BudgetReached(Unavailable):
    code = "budget"


class ModelFailed(Unavailable):
    code = "model_failed"


class StoreFailed(KexError):
    status = 503
    code = "store"


class StoreOff(StoreFailed):
    code = "store_off"


class BaseOff(StoreFailed):
    code = "base_off"


class DeadlineExceeded(KexError):
    status = 504
    code = "timeout"


class Stopped(KexError):
    status = 499  # as nginx has it
    code = "stopped"
