"""Addresses of this room (网址)."""

from __future__ import annotations

from django.urls import path

from cultivation.pipeline.views import (
    application,
    discovery,
    docket,
    filling,
    firm,
    invitations,
    mending,
    objecting,
    public,
    recognising,
    returning,
    review,
    titles,
)

app_name = "pipeline"
urlpatterns = [
    path("enterprises/<int:pk>/applications/", firm.of_enterprise, name="of_enterprise"),
    path("enterprises/<int:pk>/applications/begin/", firm.begin, name="begin"),
    path("enterprises/<int:pk>/titles/new/", titles.enter, name="enter_title"),
    path("applications/<int:pk>/", application.application, name="application"),
    path("applications/<int:pk>/again/", application.again, name="again"),
    path("applications/<int:pk>/moves/<slug:name>/", application.move, name="move"),
    path("applications/<int:pk>/form/", filling.tasks, name="form"),
    path("applications/<int:pk>/form/check/", filling.check, name="check"),
    path("applications/<int:pk>/form/<slug:section>/", filling.section, name="form_section"),
    path("review/", review.queue, name="queue"),
    path("review/<int:pk>/", review.review, name="review"),
    path("review/<int:pk>/return/", returning.send_back, name="return"),
    path("applications/<int:pk>/correction/", mending.correction, name="correction"),
    path("applications/<int:pk>/correction/time/", returning.more_time, name="more_time"),
    path("discovery/", discovery.listing, name="discovery"),
    path("discovery/invite/", discovery.invite, name="discovery_invite"),
    path("discovery/export/", discovery.export, name="discovery_export"),
    path("discovery/invitations/", invitations.listing, name="invitations"),
    path("discovery/invitations/<int:pk>/", invitations.detail, name="invitation"),
    path("discovery/invitations/<int:pk>/assign/", invitations.assign, name="invitation_assign"),
    *(
        path(
            f"discovery/invitations/<int:pk>/{word}/",
            invitations.end,
            {"outcome": outcome},
            name=f"invitation_{word}",
        )
        for word, outcome in (("decline", "declined"), ("withdraw", "withdrawn"))
    ),
    path("titles/", titles.listing, name="titles"),
    path("titles/<int:pk>/", titles.title, name="title"),
    path("notices/", public.notices, name="notices"),
    path("notices/new/", recognising.put_up, name="put_up"),
    path("notices/<int:pk>/", public.notice, name="notice"),
    path("notices/<int:pk>/list.json", public.notice_text, name="notice_text"),
    path("notices/<int:pk>/<int:position>/object/", objecting.object_to, name="object"),
    path("objections/", objecting.status, name="objection_status"),
    path("objections/<int:pk>/answer/", objecting.answer, name="objection_answer"),
    path("docket/", docket.listing, name="docket"),
    path("docket/<int:pk>/", docket.detail, name="objection"),
    path("docket/<int:pk>/objector/", docket.objector, name="objector"),
    path("docket/<int:pk>/files/<int:number>/", docket.file, name="objection_file"),
    path("docket/<int:pk>/<slug:name>/", docket.step, name="objection_step"),
    path("lists/", public.published_lists, name="published_lists"),
    path("lists/new/", recognising.new_list, name="new_list"),
    path("lists/<int:pk>/", public.published_list, name="published_list"),
    path("lists/<int:pk>/list.json", public.list_text, name="list_text"),
    path("verify/", public.verify, name="verify"),
    path("verify/<str:number>/complain/", objecting.complain, name="complain"),
    path("titles/<int:pk>/certificate/", recognising.certificate, name="certificate"),
]
