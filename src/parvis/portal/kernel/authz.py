"""Decisions: may this actor do that, and why (not)."""

from __future__ import annotations

from dataclasses import dataclass

from parvis.portal.kernel.errors import NotAllowed, Text


@dataclass(frozen=True, slots=True)
class Decision:
    """Yes or no, with the code and the sentence that explain it."""

    allowed: bool
    code: str = ""
    reason: Text = ""
    advice: Text = ""

    def __bool__(self) -> bool:
        return self.allowed


YES = Decision(True)


def no(code: str, reason: Text, advice: Text = "") -> Decision:
    """A refusal, with its reason in words the person understands."""
    return Decision(False, code, reason, advice)


def require(decision: Decision) -> None:
    """Go on only if allowed.

    Raises:
        NotAllowed: with the decision's code, reason and advice.
    """
    if not decision:
        raise NotAllowed(decision.reason or None, code=decision.code or None, advice=decision.advice)
