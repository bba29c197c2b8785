"""Who may work with what the room keeps of a region (数字化工作权限); querysets say who sees."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from enterprises.accounts.models import User


def reviews(user: User, path: str) -> bool:
    """Tell whether a seat of a user may review in an office at a region path or above (审核权限).

    An office seat without that right reads, as an auditor does.
    """
    return any(path.startswith(office) for office, _role in user.scope.review_paths)
