"""Who may change what in the registry (档案权限); seeing is the querysets' matter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from enterprises.registry import records

if TYPE_CHECKING:
    from enterprises.accounts.models import User
    from enterprises.registry.models import Enterprise


def may_register(user: User) -> bool:
    """Tell whether a user registers enterprises and imports files (登记权限)."""
    return bool(user.is_authenticated and user.scope.register_paths)


def may_keep(user: User, enterprise: Enterprise) -> bool:
    """Tell whether a user registers enterprises where this one stands (登记机关)."""
    return bool(user.is_authenticated and user.scope.may_register(enterprise.region_path))


def may_edit(user: User, enterprise: Enterprise) -> bool:
    """Tell whether a user may change facts: its own staff, or its registering office (编辑权限)."""
    return bool(user.is_authenticated and records.may_write(user, enterprise))


def may_read_contact(user: User, enterprise: Enterprise) -> bool:
    """Tell whether to offer the contact: own staff, or an office that works with the record."""
    if may_edit(user, enterprise):
        return True
    return user.scope.reviews(enterprise.region_path)
