"""A computer becomes an asset among others: the table is renamed, nothing is copied."""

from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    """See the module's docstring."""

    dependencies = [("parc", "0001_initial"), ("remote_desktop", "0001_initial"), ("trust", "0001_initial")]

    operations = [
        migrations.RemoveConstraint("computer", "computer_name_once_per_entity"),
        migrations.RemoveConstraint("assignment", "assignment_once"),
        migrations.RenameModel("Computer", "Asset"),
        migrations.RenameField("assignment", "computer", "asset"),
    ]
