from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('remote_desktop', '0004_gateway_heard_at'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='remotesession',
            index=models.Index(fields=['state', '-requested_at', 'agent', 'computer'], name='session_history'),
        ),
        migrations.RemoveIndex(
            model_name='remotesession',
            name='session_state',
        ),
    ]
