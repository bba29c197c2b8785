"""Providers of digital services: who keeps the list, who fits (数字化服务商)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from cultivation.digital import index
from cultivation.digital.models import ProviderScenario, ServiceProvider
from enterprises.audit import recording

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from enterprises.accounts.models import User
    from enterprises.places.models import Region

    Lack = tuple[str, Iterable[int]]  # region path, scenarios

CONTACT = ("contact_name", "contact_phone", "contact_email")
FIELDS = ("name", "credit_code", "about", "nationwide", *CONTACT, "active")


def may_add(user: User) -> bool:
    """Tell whether a user may add providers: officers who register enterprises (登记人员)."""
    return bool(user.scope.register_paths)


def may_change(user: User, provider: ServiceProvider) -> bool:
    """Tell whether a user may change a provider: the office that keeps it, or one above."""
    return user.scope.may_register(provider.kept_by.path)


def sees_contacts(user: User) -> bool:
    """Tell whether a user may read how a provider is reached: not a stranger, not an expert."""
    scope = user.scope
    return bool(scope.is_office or scope.is_auditor or scope.enterprises)


@dataclass(frozen=True, slots=True)
class Fit:
    """A provider and how many of the scenarios asked for it serves (适配)."""

    provider: ServiceProvider
    serves: int


def fitting(lacking: Mapping[int, Lack], *, most: int) -> dict[int, list[Fit]]:
    """Return for each key the active providers who work there and serve what is lacking (适配).

    At most so many, those that serve most of it first. However many keys: a query for providers,
    their regions and their scenarios.
    """
    wanted = {key: (path, set(scenarios)) for key, (path, scenarios) in lacking.items()}
    numbers = set[int]().union(*(scenarios for _path, scenarios in wanted.values()))
    if not numbers:
        return {key: [] for key in wanted}
    serving = ProviderScenario.objects.filter(scenario__in=numbers)
    rows = ServiceProvider.objects.filter(active=True, pk__in=serving.values("provider"))
    known = [
        (
            row,
            [one.path for one in row.regions.all()],
            {one.scenario for one in row.scenarios.all()},
        )
        for row in rows.order_by("name").prefetch_related("regions", "scenarios")
    ]
    return {key: _fitting(path, lacks, known)[:most] for key, (path, lacks) in wanted.items()}


def _fitting(
    path: str, lacks: set[int], known: list[tuple[ServiceProvider, list[str], set[int]]]
) -> list[Fit]:
    """Return who serves some of what is lacking at a region path, who serves most first."""
    found = [
        Fit(row, len(lacks & serves))
        for row, paths, serves in known
        if lacks & serves and (row.nationwide or any(path.startswith(one) for one in paths))
    ]
    return sorted(found, key=lambda fit: (-fit.serves, fit.provider.name))


def in_reach(path: str) -> Q:
    """Return the filter for providers who work at a region path: there, above it, or everywhere."""
    above = [path[:length] for length in range(len(path) + 1)]
    served = ServiceProvider.regions.through.objects.filter(region__path__in=above)
    return Q(nationwide=True) | Q(pk__in=served.values("serviceprovider"))


@transaction.atomic
def add(values: Mapping[str, Any], *, kept_by: Region, by: User) -> ServiceProvider:
    """Add a provider to the list of an office (新增服务商)."""
    if not by.scope.may_register(kept_by.path):
        raise PermissionDenied
    provider = ServiceProvider(kept_by=kept_by, made_by=by)
    return _saved(provider, values, by)


@transaction.atomic
def change(
    provider: ServiceProvider, values: Mapping[str, Any], *, version: int, by: User
) -> ServiceProvider:
    """Change a provider; raise ValidationError where somebody was faster (修改服务商)."""
    rows = ServiceProvider.objects.select_for_update(of=("self",)).select_related("kept_by")
    locked = rows.get(pk=provider.pk)
    if not may_change(by, locked):
        raise PermissionDenied
    if locked.version != version:
        raise ValidationError(
            _("Somebody changed this provider since you opened it. Load it again.")
        )
    locked.version += 1
    return _saved(locked, values, by)


def _saved(provider: ServiceProvider, values: Mapping[str, Any], by: User) -> ServiceProvider:
    scenarios = sorted({int(number) for number in values["scenarios"]})
    regions = list(values["regions"])
    if not scenarios or not set(scenarios) <= {one.no for one in index.scenarios()}:
        raise ValidationError(_("Choose the scenarios that the provider serves."))
    if not values["nationwide"] and not regions:
        raise ValidationError(_("Choose regions, or say that the provider works nationwide."))
    twin = ServiceProvider.objects.filter(name=values["name"]).exclude(pk=provider.pk)
    if twin.exists():
        raise ValidationError(_("A provider of this name is in the list already."))
    for name in FIELDS:
        setattr(provider, name, values[name])
    provider.save()
    provider.regions.set([] if provider.nationwide else regions)
    ProviderScenario.objects.filter(provider=provider).exclude(scenario__in=scenarios).delete()
    there = set(provider.scenarios.values_list("scenario", flat=True))
    ProviderScenario.objects.bulk_create(
        ProviderScenario(provider=provider, scenario=number)
        for number in scenarios
        if number not in there
    )
    told = {"name": provider.name, "active": provider.active, "scenarios": scenarios}
    recording.note("provider.keep", provider, by=by, after=told, region_path=provider.kept_by.path)
    return provider
