"""Services, what is behind what, lines, outages."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('directory', '0003_organisation'),
        ('parc', '0005_list_indexes'),
    ]

    operations = [
        migrations.CreateModel(
            name='ITService',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=100, verbose_name='nom')),
                ('criticality', models.CharField(choices=[('vital', 'Vital (aucune interruption)'), ('important', 'Important (une demi-journée)'), ('ordinary', 'Ordinaire (plusieurs jours)')], default='ordinary', max_length=10, verbose_name='criticité')),
                ('hosting', models.CharField(choices=[('inside', 'Sur nos serveurs'), ('outside', 'Chez un prestataire')], default='inside', max_length=8, verbose_name='hébergement')),
                ('provider', models.CharField(blank=True, max_length=100, verbose_name='prestataire')),
                ('redundant', models.BooleanField(default=False, verbose_name='un seul serveur suffit')),
                ('notes', models.TextField(blank=True, max_length=2000, verbose_name='remarques')),
                ('entity', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.entity', verbose_name='utilisé par')),
                ('hosts', models.ManyToManyField(blank=True, related_name='it_services', to='parc.asset', verbose_name='serveurs')),
                ('needs', models.ManyToManyField(blank=True, related_name='needed_by', to='infrastructure.itservice', verbose_name='a besoin de')),
            ],
            options={
                'verbose_name': 'service de la DSI',
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='Line',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=20, verbose_name='numéro')),
                ('kind', models.CharField(choices=[('mobile', 'Mobile'), ('fixed', 'Fixe'), ('data', 'Données seules')], default='mobile', max_length=6, verbose_name='type')),
                ('state', models.CharField(choices=[('active', 'Active'), ('suspended', 'Suspendue'), ('ended', 'Résiliée')], default='active', max_length=9, verbose_name='état')),
                ('operator', models.CharField(blank=True, max_length=60, verbose_name='opérateur')),
                ('plan', models.CharField(blank=True, max_length=80, verbose_name='forfait')),
                ('monthly_cost', models.DecimalField(blank=True, decimal_places=2, max_digits=8, null=True, verbose_name='coût mensuel')),
                ('agent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='lines', to='directory.agent', verbose_name='agent')),
                ('contract', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='lines', to='parc.contract', verbose_name='contrat')),
                ('entity', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.entity', verbose_name='service')),
                ('phone', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='lines', to='parc.asset', verbose_name='téléphone')),
                ('sim', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='line', to='parc.asset', verbose_name='carte SIM')),
            ],
            options={
                'verbose_name': 'ligne',
                'ordering': ['number'],
            },
        ),
        migrations.CreateModel(
            name='Outage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('title', models.CharField(max_length=120, verbose_name='titre')),
                ('text', models.TextField(max_length=1000, verbose_name='annonce aux agents')),
                ('starts_at', models.DateTimeField(verbose_name='début')),
                ('ends_at', models.DateTimeField(blank=True, null=True, verbose_name='fin')),
                ('asset', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='outages', to='parc.asset')),
                ('entity', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.entity')),
                ('it_service', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='outages', to='infrastructure.itservice')),
                ('site', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='outages', to='parc.site')),
            ],
            options={
                'verbose_name': 'coupure',
                'ordering': ['-starts_at', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='SiteLink',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('behind', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='linked_sites', to='parc.asset', verbose_name='derrière')),
                ('site', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='network_link', to='parc.site')),
            ],
            options={
                'verbose_name': 'lien d’un site',
            },
        ),
        migrations.CreateModel(
            name='Uplink',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('asset', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='uplink', to='parc.asset')),
                ('behind', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='downlinks', to='parc.asset', verbose_name='derrière')),
            ],
            options={
                'verbose_name': 'raccordement',
            },
        ),
        migrations.AddConstraint(
            model_name='itservice',
            constraint=models.UniqueConstraint(fields=('entity', 'name'), name='it_service_once_per_entity'),
        ),
        migrations.AddConstraint(
            model_name='line',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'ended'), _negated=True), fields=('entity', 'number'), name='line_once_per_entity'),
        ),
        migrations.AddConstraint(
            model_name='line',
            constraint=models.CheckConstraint(condition=models.Q(('monthly_cost__isnull', True), ('monthly_cost__gte', 0), _connector='OR'), name='line_cost_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='outage',
            constraint=models.CheckConstraint(condition=models.Q(('ends_at__isnull', True), ('ends_at__gt', models.F('starts_at')), _connector='OR'), name='outage_ends_after_start'),
        ),
        migrations.AddConstraint(
            model_name='outage',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('asset__isnull', False), ('it_service__isnull', True), ('site__isnull', True)), models.Q(('asset__isnull', True), ('it_service__isnull', True), ('site__isnull', False)), models.Q(('asset__isnull', True), ('it_service__isnull', False), ('site__isnull', True)), _connector='OR'), name='outage_of_one_thing'),
        ),
        migrations.AddConstraint(
            model_name='uplink',
            constraint=models.CheckConstraint(condition=models.Q(('asset', models.F('behind')), _negated=True), name='uplink_not_itself'),
        ),
    ]
