"""Addresses of this room (网址)."""

from __future__ import annotations

from django.urls import path

from cultivation.standards.views import (
    draft_steps,
    drafts,
    editions,
    plans,
    replays,
    runs,
    simulated,
    simulations,
    what_if,
)

app_name = "standards"
urlpatterns = [
    path("standards/", editions.editions, name="editions"),
    path("standards/judge/", runs.judge, name="judge"),
    path("standards/runs/", runs.listing, name="runs"),
    path("standards/runs/<int:pk>/", runs.detail, name="run"),
    path("standards/runs/<int:pk>/export/", runs.export, name="run_export"),
    path("standards/drafts/", drafts.listing, name="drafts"),
    path("standards/drafts/<int:pk>/", drafts.editor, name="draft"),
    path("standards/drafts/<int:pk>/check/", drafts.check, name="draft_check"),
    path("standards/drafts/<int:pk>/trial/", draft_steps.trial, name="draft_trial"),
    path("standards/drafts/<int:pk>/approve/", draft_steps.approve, name="draft_approve"),
    *(
        path(f"standards/drafts/<int:pk>/{name}/", draft_steps.step, {"name": name}, f"draft_{key}")
        for key, name in (
            ("propose", "propose"),
            ("send_back", "send-back"),
            ("withdraw", "withdraw"),
        )
    ),
    path("standards/drafts/<int:pk>/steps/<int:event_pk>/", draft_steps.event, name="draft_event"),
    path(
        "standards/drafts/<int:pk>/steps/<int:event_pk>/restore/",
        draft_steps.restore,
        name="draft_restore",
    ),
    *(
        path(
            f"standards/drafts/<int:pk>/{part}.toml",
            draft_steps.download,
            {"part": part},
            f"draft_{part}",
        )
        for part in ("edition", "cases")
    ),
    path("standards/replays/", replays.listing, name="replays"),
    path("standards/replays/<int:pk>/", replays.detail, name="replay"),
    path("standards/simulations/", simulations.listing, name="simulations"),
    path("standards/simulations/compare/", simulations.compare, name="simulation_compare"),
    path("standards/simulations/new/<slug:code>/", simulations.new, name="simulation_new"),
    path("standards/simulations/<int:pk>/", simulations.detail, name="simulation"),
    path("standards/simulations/<int:pk>/edit/", simulations.edit, name="simulation_edit"),
    path("standards/simulations/<int:pk>/run/", simulations.run, name="simulation_run"),
    path("standards/simulations/<int:pk>/copy/", simulations.copy, name="simulation_copy"),
    path("standards/simulations/<int:pk>/delete/", simulations.delete, name="simulation_delete"),
    path("standards/simulations/<int:pk>/export/", simulated.export, name="simulation_export"),
    path("standards/simulations/<int:pk>/firms/", simulated.firms, name="simulation_firms"),
    path(
        "standards/simulations/<int:pk>/firms/export/",
        simulated.firms_export,
        name="simulation_firms_export",
    ),
    path("standards/<slug:code>/", editions.edition, name="edition"),
    path("enterprises/<int:pk>/what-if/", what_if.what_if, name="what_if"),
    path("enterprises/<int:pk>/plans/", plans.plan_list, name="plans"),
    path("enterprises/<int:pk>/plans/save/", plans.plan_save, name="plan_save"),
    path("enterprises/<int:pk>/plans/<int:number>/", plans.plan_detail, name="plan"),
    path("enterprises/<int:pk>/plans/<int:number>/rename/", plans.plan_rename, name="plan_rename"),
    path("enterprises/<int:pk>/plans/<int:number>/delete/", plans.plan_delete, name="plan_delete"),
    path("enterprises/<int:pk>/standards/", editions.of_enterprise, name="of_enterprise"),
    path(
        "enterprises/<int:pk>/standards/<slug:code>/",
        editions.explanation,
        name="explanation",
    ),
]
