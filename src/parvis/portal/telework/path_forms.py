"""What a browser says it measured: hostile figures, read within bounds."""

from __future__ import annotations

from django import forms

from parvis.portal.telework.rules import Measure

MOST_KBPS = 10_000_000
MOST_MS = 60_000


class MeasureForm(forms.Form):
    """Hidden fields, filled by the page itself (`frontend/src/connection.ts`)."""

    down_kbps = forms.IntegerField(min_value=0, max_value=MOST_KBPS, widget=forms.HiddenInput)
    latency_ms = forms.IntegerField(min_value=0, max_value=MOST_MS, widget=forms.HiddenInput)
    jitter_ms = forms.IntegerField(min_value=0, max_value=MOST_MS, widget=forms.HiddenInput)
    websocket = forms.CharField(max_length=5, widget=forms.HiddenInput)
    browser_fit = forms.CharField(max_length=5, widget=forms.HiddenInput)

    def measure(self) -> Measure:
        """The figures of a valid form."""
        asked = self.cleaned_data
        return Measure(
            down_kbps=asked["down_kbps"],
            latency_ms=asked["latency_ms"],
            jitter_ms=asked["jitter_ms"],
            websocket=asked["websocket"] == "true",
            browser_fit=asked["browser_fit"] == "true",
        )
