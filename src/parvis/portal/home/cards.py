"""The cards of the home page that belong to rooms above. `config` registers them: this room imports none.

Their form is that of `directory.cards`: one with nothing to show renders nothing at all. Each is asked for at every
opening of the page: one query at most.
"""

from __future__ import annotations

from parvis.portal.accounts.models import User
from parvis.portal.directory.cards import Sections

_of_home: Sections[User] = Sections("person")

register = _of_home.register
shown = _of_home.shown
