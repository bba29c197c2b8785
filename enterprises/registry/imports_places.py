"""Where a row says that an enterprise stands, beside what its code says (导入行的地区)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from enterprises.places import regions
from enterprises.registry.imports_cells import Remark, refusal, warning
from enterprises.registry.imports_mapping import PLACES

if TYPE_CHECKING:
    from enterprises.places.models import Region

_COUNTRY = re.compile(r"^(中华人民共和国|中国)")


class Places:
    """Regions of rows, worked out once for each combination of texts (地区判定)."""

    def __init__(self) -> None:
        self._table = regions.atlas()
        self._known: dict[tuple[str, ...], tuple[Region | None, tuple[Remark, ...]]] = {}

    def of(self, code: str, cells: dict[str, str]) -> tuple[Region | None, tuple[Remark, ...]]:
        """Return the region of a row and what there is to say of it.

        The finer of the stated place and the registrar's area counts where one lies in the other;
        where they differ the stated place counts, with a warning.
        """
        stated = tuple(cells.get(name, "") for name in ("region", *PLACES))
        key = (code[2:8], *stated, "" if any(stated) else cells.get("address", ""))
        if not any(stated) and key[-1]:
            return self._judge(*key)  # addresses are as many as rows
        if key not in self._known:
            self._known[key] = self._judge(*key)
        return self._known[key]

    def covers(self, whole: int, part: int) -> bool:
        """Tell whether the region of one id lies in that of another (隶属)."""
        return regions.covers(self._table.by_pk[whole], self._table.by_pk[part])

    def _judge(
        self, area: str, region: str, province: str, city: str, county: str, address: str
    ) -> tuple[Region | None, tuple[Remark, ...]]:
        text = region or f"{province}{city}{county}" or _COUNTRY.sub("", address)
        stated = regions.find(text, table=self._table) if text else None
        coded = regions.of_code(f"00{area}", table=self._table) if area else None
        remarks: list[Remark] = []
        if area and not regions.is_known_area(area, table=self._table):
            message = _("the area %s of the code is in no list of divisions since 1980")
            remarks.append(warning("unknown_area", "credit_code", area, message % area))
        if coded is not None and coded.code == regions.NATION:
            coded = None
        if text and stated is None and (region or province):
            message = _("“%s” is no division, or the name of several")
            remarks.append(warning("unknown_place", "region", text, message % text))
        if stated is None or coded is None:
            return self._one(stated or coded, text, remarks)
        if regions.covers(stated, coded):
            return coded, tuple(remarks)
        if regions.covers(coded, stated):
            return stated, tuple(remarks)
        remarks.append(self._mismatch(stated, coded))
        return stated, tuple(remarks)

    def _one(
        self, found: Region | None, text: str, remarks: list[Remark]
    ) -> tuple[Region | None, tuple[Remark, ...]]:
        if found is None:
            message = _(
                "neither the code nor the row says in which region the enterprise stands; "
                "fill in its region"
            )
            remarks.append(refusal("no_region", "region", text, message))
        return found, tuple(remarks)

    def _mismatch(self, stated: Region, coded: Region) -> Remark:
        same_province = stated.code[:2] == coded.code[:2]
        kind = "other_city" if same_province else "other_province"
        message = _("the code was issued in %(coded)s, the row says %(stated)s") % {
            "coded": regions.full_name(coded, table=self._table),
            "stated": regions.full_name(stated, table=self._table),
        }
        return warning(kind, "region", stated.name_zh, message)
