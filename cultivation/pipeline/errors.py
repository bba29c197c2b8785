"""Why a step is "not possible now"; "not allowed to you" is PermissionDenied (操作错误)."""

from __future__ import annotations


class MoveError(Exception):
    """A step that is not possible now; the message says why and what mends it."""

    def __init__(self, message: str, *, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class MovedMeanwhileError(MoveError):
    """Somebody else, or a second click, was faster."""
