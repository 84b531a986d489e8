"""Named refusals of the API itself; those of the contexts pass through it unchanged."""

from __future__ import annotations

from app.foundation.access import SignInNeeded
from app.foundation.errors import Invalid, NotFound, Refused


class TokenNeeded(SignInNeeded):
    """No token came with the request. Cookies of a browser are not looked at."""

    code = "token-needed"

    def __init__(self) -> None:
        super(SignInNeeded, self).__init__(
            "This needs a token: send the header `Authorization: Bearer decile_…`. Make one on the website under My "
            "data, Tokens for programs of yours."
        )


class TokenInvalid(SignInNeeded):
    """The token is unknown, has ended, or was deleted."""

    code = "token-invalid"

    def __init__(self) -> None:
        super(SignInNeeded, self).__init__(
            "This token does not work, or no longer does. Make another on the website under My data, Tokens for "
            "programs of yours."
        )


class ScopeMissing(Refused):
    """The token does not cover this."""

    code = "scope-missing"

    def __init__(self, scope: str) -> None:
        super().__init__(
            f"This token lacks the scope {scope}. Make one that has it on the website under My data, Tokens for "
            "programs of yours."
        )


class BodyInvalid(Invalid):
    """The body is JSON, but not what is asked for; unknown fields are refused."""

    code = "body-invalid"

    def __init__(self, faults: str) -> None:
        super().__init__(f"The body does not fit the schema of this operation: {faults}. Correct it and send it again.")


class QueryInvalid(Invalid):
    """A parameter that does not fit, is unknown, or came twice."""

    code = "query-invalid"

    def __init__(self, faults: str) -> None:
        super().__init__(f"The parameters do not fit this operation: {faults}. Correct them and ask again.")


class KeyInvalid(Invalid):
    """The Idempotency-Key cannot be one."""

    code = "idempotency-key-invalid"

    def __init__(self, longest: int) -> None:
        super().__init__(f"An Idempotency-Key has 1 to {longest} visible ASCII characters; a UUID is a good one.")


class CursorUnknown(NotFound):
    """The cursor is not one of this list, or what it pointed to has gone."""

    code = "cursor-unknown"

    def __init__(self) -> None:
        super().__init__("This cursor belongs to no place in this list. Begin again without one.")


class CodeMistyped(NotFound):
    """The characters of the code do not fit together."""

    code = "code-typing-error"

    def __init__(self) -> None:
        super().__init__(
            "The characters of this code do not fit together. Compare it with the certificate and send it again."
        )


class ProblemUnknown(NotFound):
    """No error of ours has this code."""

    code = "problem-unknown"

    def __init__(self) -> None:
        super().__init__("No error of ours has this code. /docs lists those that each operation may answer with.")
