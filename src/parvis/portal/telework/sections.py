"""The sections of « Mon télétravail » that belong to rooms above. `config` registers them: this room imports none.

Their form is that of `directory.cards`: one with nothing to show renders nothing at all.
"""

from __future__ import annotations

from parvis.portal.directory.cards import Sections
from parvis.portal.directory.models import Agent

_of_mine: Sections[Agent] = Sections("agent")

register = _of_mine.register
shown = _of_mine.shown
