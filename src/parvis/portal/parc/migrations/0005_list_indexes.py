"""What changed last is found at the end of an index."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    """See the module's docstring."""

    dependencies = [("parc", "0004_places_and_lines")]

    operations = [
        migrations.AddIndex("asset", models.Index(fields=["updated_at"], name="asset_updated")),
        migrations.AddIndex("asset", models.Index(fields=["checked_at"], name="asset_checked")),
    ]
