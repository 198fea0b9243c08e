"""`parvis manage migrate`, also done by `parvis serve` when it starts: Django's, one process at a time, restartable."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import OperationalError, connections

from parvis.portal.config import migrating

# Django's command names its executor in its module and offers no other place to choose it.
migrate.MigrationExecutor = migrating.WholeExecutor  # type: ignore[attr-defined]


class Command(migrate.Command):
    """Two portals that start at once do not migrate together; one that is killed is begun again."""

    def handle(self, *args: Any, **options: Any) -> None:
        """As Django's, once nobody else migrates this database.

        Raises:
            CommandError: as Django's; the database does not answer; another process has been migrating for too long.
        """
        if options["plan"] or options["check_unapplied"]:  # they only look
            super().handle(*args, **options)
            return
        connection = connections[options["database"]]
        try:
            connection.ensure_connection()
        except OperationalError as error:
            raise CommandError(
                f"The database does not answer: {str(error).strip()}. "
                "Start it, or mend PARVIS_DATABASE_URL, then start Parvis again."
            ) from error
        with migrating.alone(connection, self.stderr.write):
            super().handle(*args, **options)
