from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('kernel', '0002_audit_entity'),
    ]

    operations = [
        migrations.CreateModel(
            name='Claim',
            fields=[
                ('name', models.CharField(max_length=200, primary_key=True, serialize=False)),
                ('until', models.DateTimeField(db_index=True)),
                ('holder', models.CharField(max_length=16)),
            ],
        ),
        migrations.CreateModel(
            name='KeyMark',
            fields=[
                ('name', models.CharField(max_length=20, primary_key=True, serialize=False)),
                ('fingerprint', models.CharField(max_length=64)),
            ],
        ),
    ]
