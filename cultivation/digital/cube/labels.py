"""How the members of a dimension are called on a page (维度名称)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from cultivation.standards.tables import among
from enterprises.places.models import Chain, Cluster, Industry, Park
from enterprises.registry.models import SizeClass

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import Model

TABLES: dict[str, type[Model]] = {
    "chain": Chain,
    "park": Park,
    "cluster": Cluster,
    "industry": Industry,
}


def labels(by: str, members: Iterable[str]) -> dict[str, str]:
    """Return the names of members, the unstated first, else in their own order (名称)."""
    some = set(members)
    found = {"": str(_("not stated"))} if "" in some else {}
    return found | _named(by, some - {""})


def _named(by: str, some: set[str]) -> dict[str, str]:
    if not some:
        return {}
    if by in TABLES:
        ids = among(sorted(map(int, some)), name="pk", few=0)
        rows: Any = TABLES[by]._default_manager.filter(ids)
        english = (get_language() or "").startswith("en")
        names = {
            str(pk): (english and name_en) or name_zh
            for pk, name_zh, name_en in rows.values_list("pk", "name_zh", "name_en")
        }
        return names | {one: one for one in sorted(some - set(names))}
    if by == "section":
        sections = Industry.objects.filter(is_section=True, section__in=some)
        names = {row.section: str(row) for row in sections.order_by("section")}
        return names | {one: one for one in sorted(some - set(names))}
    if by == "size_class":
        return {value: str(label) for value, label in SizeClass.choices if value in some}
    return {one: one for one in sorted(some)}
