"""What cannot be taken out of NN Studio."""

from __future__ import annotations

from nnstudio.errors import NNStudioError


class InteropError(NNStudioError):
    """A network cannot be written in another form: it has errors, or the form has no place for something in it."""
