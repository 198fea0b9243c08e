"""The equipment's self-test and the help for a first meeting: open to all, they show nothing of anybody."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from parvis.portal.live_rooms import joining, room_texts


@login_not_required
@require_safe
def check(request: HttpRequest) -> HttpResponse:
    """Loudspeaker, microphone, network: before the meeting. Nothing is sent or kept."""
    number = settings.PARVIS.voice_phone_number
    context = {
        "config": {
            "echo": joining.ECHO,
            "phone": joining.spaced(number) if number else "",
            "texts": room_texts.check_translated(),
        },
        "icons": joining.icons(),
        "help_contact": settings.PARVIS.help_contact,
    }
    return render(request, "live_rooms/check.html", context)


@login_not_required
@require_safe
def first_meeting(request: HttpRequest) -> HttpResponse:
    """« Première réunion »: what to expect, in a minute."""
    number = settings.PARVIS.voice_phone_number
    context = {"phone": joining.spaced(number) if number else "", "help_contact": settings.PARVIS.help_contact}
    return render(request, "live_rooms/first_meeting.html", context)
