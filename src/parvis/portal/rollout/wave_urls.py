"""Addresses of waves."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from parvis.portal.rollout.views import mine, places, waves

patterns: list[URLPattern | URLResolver] = [
    path("<int:campaign_id>/vagues/", waves.of_campaign, name="waves"),
    path("<int:campaign_id>/vagues/<int:week>/annoncer/", waves.publish, name="publish_wave"),
    path("vagues/<int:wave_id>/", waves.Board.as_view(), name="wave"),
    path("vagues/<int:wave_id>/direct/", waves.live, name="wave_live"),
    path("vagues/<int:wave_id>/ajouter/", places.put_in, name="put_in_wave"),
    path("vagues/<int:wave_id>/<str:action>/", waves.act, name="act_on_wave"),
    path("ma-date/<int:own_place_id>/agenda/", mine.calendar, name="my_calendar"),
    path("ma-date/<int:own_place_id>/refuser/", mine.decline, name="decline"),
    path("ma-date/<int:own_place_id>/reprendre/", mine.come_back, name="come_back"),
    path("places/<int:place_id>/", places.place, name="place"),
    path("places/<int:place_id>/changer/", places.move, name="move_place"),
    path("places/<int:place_id>/aider/", places.look_at, name="help_place"),
    path("places/<int:place_id>/ouvrir/", places.open_again, name="open_place"),
    path("places/<int:place_id>/rappeler/", places.remind, name="remind_place"),
]
