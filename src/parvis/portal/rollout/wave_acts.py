"""What is done with a whole wave, each after a question: its words, when it is offered, what it does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from parvis.portal.accounts.models import User
from parvis.portal.rollout.models import Wave
from parvis.portal.rollout.services import catching_up, waves

Text = str | Promise


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """`states`: in which it is offered; `opened`: only before (False) or after (True) the opening."""

    label: Text
    icon: str
    question: Text
    consequence: Text
    done: Text
    states: tuple[str, ...]
    run: Callable[[User, Wave, datetime], object]
    opened: bool | None = None
    gives: bool = False
    """Rights follow from it: it is done with a fresh second factor only."""
    danger: bool = False

    def fits(self, wave: Wave) -> bool:
        """Whether it can be done with this wave now."""
        return wave.state in self.states and self.opened in (None, wave.opened_at is not None)


def _open(user: User, wave: Wave, now: datetime) -> None:
    waves.open_now(actor=user, wave=wave, now=now)


def _stop(user: User, wave: Wave, now: datetime) -> None:
    waves.stop(actor=user, wave=wave, now=now)


def _resume(user: User, wave: Wave, now: datetime) -> None:
    waves.resume(actor=user, wave=wave, now=now)


def _close(user: User, wave: Wave, now: datetime) -> None:
    catching_up.close_now(actor=user, wave=wave, now=now)


def _withdraw(user: User, wave: Wave, now: datetime) -> None:
    waves.withdraw(actor=user, wave=wave, now=now)


ACTS: Mapping[str, Act] = {
    "ouvrir": Act(
        label=_("Ouvrir maintenant"),
        icon="player-play",
        question=_("Ouvrir cette vague maintenant\u202f?"),
        consequence=_("Ses agents reçoivent leurs accès et l’invitation à commencer, sans attendre l’heure prévue."),
        done=_("La vague s’ouvre."),
        states=(Wave.State.PUBLISHED,),
        run=_open,
        gives=True,
    ),
    "arreter": Act(
        label=_("Arrêter"),
        icon="player-stop",
        question=_("Arrêter cette vague\u202f?"),
        consequence=_("Plus rien ne s’ouvre, ne se réserve ni ne part par courriel. Ce qui est ouvert le reste."),
        done=_("La vague est arrêtée."),
        states=(Wave.State.PUBLISHED, Wave.State.RUNNING),
        run=_stop,
        danger=True,
    ),
    "reprendre": Act(
        label=_("Reprendre"),
        icon="player-play",
        question=_("Reprendre cette vague\u202f?"),
        consequence=_("Elle continue là où elle en était. Si son heure est passée, elle s’ouvre."),
        done=_("La vague reprend."),
        states=(Wave.State.STOPPED,),
        run=_resume,
        gives=True,
    ),
    "terminer": Act(
        label=_("Terminer"),
        icon="archive",
        question=_("Terminer cette vague maintenant\u202f?"),
        consequence=_("Les agents qui n’ont pas fini passent dans la vague de rattrapage, et sont convoqués."),
        done=_("La vague est terminée."),
        states=(Wave.State.RUNNING, Wave.State.STOPPED),
        run=_close,
        opened=True,
    ),
    "annuler": Act(
        label=_("Annuler l’annonce"),
        icon="x",
        question=_("Annuler l’annonce de cette vague\u202f?"),
        consequence=_(
            "Les agents convoqués reçoivent un courriel qui retire le rendez-vous. Ce qui leur était réservé est rendu."
        ),
        done=_("L’annonce est annulée."),
        states=(Wave.State.PUBLISHED, Wave.State.STOPPED),
        run=_withdraw,
        opened=False,
        danger=True,
    ),
}
"""By the word in the address."""
