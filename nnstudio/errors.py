"""The one exception family for everything that a user, a file or a machine can cause."""

from __future__ import annotations


class NNStudioError(Exception):
    """Something went wrong that its reader can understand and mend.

    `message` is one sentence that says what happened, with the name, the value and the rule. `hint` says what
    to do about it, and may be empty. The window shows both; the command line prints both on one line.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".rstrip()


class CancelledError(NNStudioError):
    """Whoever asked for some work does not want it any more; what was done of it is thrown away."""
