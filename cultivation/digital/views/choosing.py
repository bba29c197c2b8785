"""Region, tier and definition that a page of coverage is asked for (所选口径)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.http import Http404

from cultivation.digital.models import CoverageDefinition
from cultivation.digital.overview import trail
from cultivation.digital.views.asking import TIERS, region_of, tier_of, viewer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import HttpRequest

    from enterprises.places.models import Region


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a page of coverage is about (所选)."""

    region: Region
    above: list[Region]
    tier: str
    definition: CoverageDefinition
    definitions: list[CoverageDefinition]

    @property
    def tiers(self) -> list[tuple[str, object]]:
        """Return the tiers to choose from."""
        return list(TIERS.items())

    @property
    def query(self) -> str:
        """Return the choice as the end of an address."""
        chosen = {
            "region": self.region.code, "tier": self.tier, "definition": self.definition.code,
        }  # fmt: skip
        return urlencode(chosen)


def chosen(request: HttpRequest, given: Mapping[str, str] | None = None) -> Chosen:
    """Return what is asked for; 404 for a region out of sight or where nothing is defined."""
    user, asked = viewer(request), request.GET if given is None else given
    region = region_of(user, asked)
    definitions = list(CoverageDefinition.objects.all())
    if not definitions:
        raise Http404
    wanted = {one.code: one for one in definitions}.get(asked.get("definition", ""))
    return Chosen(
        region=region,
        above=trail(region, user.scope),
        tier=tier_of(asked),
        definition=wanted or definitions[0],
        definitions=definitions,
    )
