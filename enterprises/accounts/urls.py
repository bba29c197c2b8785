"""Addresses of this room (网址)."""

from __future__ import annotations

from django.urls import path

from enterprises.accounts.views import audit, claims, personal_data, seats

app_name = "accounts"
urlpatterns = [
    path("claim/", claims.claim, name="claim"),
    path("claims/", claims.claim_list, name="claims"),
    path("claims/<int:pk>/", claims.claim_decide, name="claim_decide"),
    path("seats/", seats.seat_list, name="seats"),
    path("seats/new/", seats.seat_grant, name="seat_grant"),
    path("seats/<int:pk>/", seats.seat_end, name="seat"),
    path("audit/", audit.listing, name="audit"),
    path("audit/<int:pk>/", audit.detail, name="audit_record"),
    path("audit/chain/", audit.chain, name="audit_chain"),
    path("audit/export/", audit.export, name="audit_export"),
    path("readings/", personal_data.readings, name="readings"),
    path("enterprises/<int:pk>/contact/", personal_data.contact, name="contact"),
]
