"""What is kept of a person in campaigns: exported, then deleted once the campaign is long over."""

from __future__ import annotations

from datetime import timedelta

import pytest

from parvis.portal.kernel import audit, clock
from parvis.portal.kernel.models import AuditRecord
from parvis.portal.rollout import personal_data
from parvis.portal.rollout.models import Campaign, Scenario
from tests.integration.rollout.campaigning import add, followed, make_authority, published

pytestmark = pytest.mark.django_db


def test_export_and_purge() -> None:
    authority = make_authority(each=1)
    campaign = authority.campaign()
    add(authority, campaign, laptop=True)
    published(campaign, followed(authority, campaign), 0)
    (row,) = personal_data.export(authority.agents[0])
    assert (row["Campagne"], row["Portable à prêter"], row["Écarté"]) == ("Automne", True, "")
    assert [wave["Semaine du"] for wave in row["Vagues"]] == [campaign.starts_date]
    later = clock.now() + timedelta(weeks=40)
    assert personal_data.purge(later) == 0, "it goes on"
    Campaign.objects.filter(pk=campaign.pk).update(state="closed")
    assert personal_data.purge(clock.now()) == 0, "it has just ended"
    assert personal_data.purge(later) == 3
    assert personal_data.purge(later) == 0
    assert Scenario.objects.get().served == 2, "figures stay"


def test_a_plan_belongs_to_the_entity_of_its_campaign() -> None:
    authority = make_authority(each=1)
    campaign = authority.campaign()
    add(authority, campaign)
    followed(authority, campaign)
    placed = AuditRecord.objects.filter(action__startswith="rollout.").values_list("entity_id", flat=True)
    assert set(placed) == {authority.root.pk}
    assert audit.verify() is None
