"""Addresses of loans that are granted: preparation, counter, hand-over, return, extension, loss."""

from __future__ import annotations

from django.urls import URLPattern, path

from parvis.portal.loans.views import counter, extending, late, preparation, returns

patterns: list[URLPattern] = [
    path("comptoir/", counter.counter, name="counter"),
    path("comptoir/remettre/", counter.counter_hand_over, name="counter_hand_over"),
    path("a-preparer/", preparation.preparations, name="preparations"),
    path("en-retard/", late.Late.as_view(), name="late"),
    path("<int:loan_id>/preparer/", preparation.prepare, name="prepare"),
    path("<int:loan_id>/remettre/", counter.hand_over, name="hand_over"),
    path("<int:loan_id>/recu/", preparation.receipt, name="receipt"),
    path("<int:loan_id>/reprendre/", returns.take_back, name="take_back"),
    path("<int:loan_id>/depose/", returns.leave, name="leave"),
    path("<int:loan_id>/remettre-en-etat/", preparation.put_in_order, name="put_in_order"),
    path("<int:loan_id>/prolonger/", extending.extend, name="extend"),
    path("prolongations/<int:extension_id>/", extending.decide, name="decide_extension"),
    path("photos/<int:photo_id>/", returns.photo, name="photo"),
    path("materiels/<int:loan_item_id>/perte/", returns.declare, name="declare_loss"),
    path("pertes/<int:loss_id>/plainte/", returns.complaint, name="complaint"),
    path("pertes/<int:loss_id>/retrouve/", returns.found, name="found"),
]
