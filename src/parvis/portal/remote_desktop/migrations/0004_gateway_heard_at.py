from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('remote_desktop', '0003_sign_in_refusal'),
    ]

    operations = [
        migrations.AddField(
            model_name='gateway',
            name='heard_at',
            field=models.DateTimeField(null=True),
        ),
    ]
