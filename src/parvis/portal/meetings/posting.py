"""Many letters over one connection to the mail server; one refused address stops none of the others."""

from __future__ import annotations

import smtplib
from enum import Enum
from types import TracebackType

from django.core.mail import EmailMessage, get_connection


class Outcome(Enum):
    """What became of a letter."""

    SENT = "sent"
    REFUSED = "refused"
    """The server does not take it for this person."""
    AWAY = "away"
    """No server answers: nothing leaves for anybody."""


class Post:
    """A connection, opened at the first letter and again after a cut. A context manager."""

    def __init__(self) -> None:
        self.is_away = False
        self._connection = get_connection()

    def __enter__(self) -> Post:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._close()

    def send(self, message: EmailMessage) -> Outcome:
        """Hand over one letter. Never raises what the network or the server may do."""
        if self.is_away:
            return Outcome.AWAY
        for last in (False, True):
            try:
                self._connection.open()
            except (OSError, smtplib.SMTPException):
                self.is_away = True
                return Outcome.AWAY
            try:
                self._connection.send_messages([message])
            except (smtplib.SMTPServerDisconnected, OSError) as error:
                if isinstance(error, smtplib.SMTPException) and not isinstance(error, smtplib.SMTPServerDisconnected):
                    return self._refused()  # SMTPException is an OSError
                self._close()
                if last:
                    self.is_away = True
                    return Outcome.AWAY
            except ValueError:  # an address or a header that no mail can carry
                return self._refused()
            else:
                return Outcome.SENT
        return Outcome.AWAY

    def _refused(self) -> Outcome:
        self._close()  # the conversation may be in the middle of something: begin anew
        return Outcome.REFUSED

    def _close(self) -> None:
        try:
            self._connection.close()
        except (OSError, smtplib.SMTPException):
            self._connection = get_connection()
