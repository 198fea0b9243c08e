"""Named views of lists, and the columns a person chose."""

from __future__ import annotations

import django.db.models.deletion
import parvis.portal.kernel.clock
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """See the module's docstring."""

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ListColumns",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("list_name", models.CharField(max_length=60)),
                ("columns", models.JSONField(default=list)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="list_columns",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "colonnes d’une liste",
                "constraints": [models.UniqueConstraint(fields=("list_name", "user"), name="list_columns_once")],
            },
        ),
        migrations.CreateModel(
            name="SavedView",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("list_name", models.CharField(max_length=60)),
                ("name", models.CharField(max_length=60, verbose_name="nom")),
                ("query", models.CharField(blank=True, max_length=2000)),
                ("team_key", models.BigIntegerField(blank=True, null=True)),
                ("created_at", models.DateTimeField(default=parvis.portal.kernel.clock.now)),
                (
                    "owner",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="saved_views",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "vue enregistrée",
                "ordering": ["name", "pk"],
                "indexes": [models.Index(fields=["list_name", "team_key"], name="saved_view_team")],
                "constraints": [
                    models.UniqueConstraint(fields=("list_name", "owner", "name"), name="saved_view_once_per_owner")
                ],
            },
        ),
    ]
