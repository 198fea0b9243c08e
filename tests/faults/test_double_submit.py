"""The same form sent twice at once, past the page's own guard: one row, one line of the trail."""

from __future__ import annotations

import threading
from pathlib import Path

import httpx

from tests.faults.browsing import CSRF, Portal, running_portal
from tests.faults.nursery import Nursery

TOGETHER = 6


def test_a_form_sent_several_times_at_once_counts_once(installation: Path, nursery: Nursery, tmp_path: Path) -> None:
    people = nursery.do("people", folder=installation)
    with running_portal(nursery, folder=installation, where=tmp_path) as portal:
        form = {
            "csrfmiddlewaretoken": CSRF,
            "name": "Annexe",
            "entity": people["entity"],
            "wake_by": "none",
            "wake_port": 9,
        }
        answers = _at_once(portal, people["session"], "/parc/sites/nouveau/", form)
        statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [200] * (TOGETHER - 1) + [302]
    assert nursery.do("count", folder=installation, model="parc.Site") == 1
    assert nursery.do("lines_of_the_trail", folder=installation, action="parc.site_created") == 1
    assert nursery.do("fault_of_the_chain", folder=installation) is None


def _at_once(portal: Portal, session: str, path: str, form: dict[str, object]) -> list[httpx.Response]:
    answers: list[httpx.Response] = []
    start = threading.Barrier(TOGETHER)

    def send() -> None:
        with portal.browser(session) as browser:
            browser.get("/livez")  # connected, so that the forms leave together
            start.wait()
            answers.append(browser.post(path, data=form))

    threads = [threading.Thread(target=send) for _ in range(TOGETHER)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers
