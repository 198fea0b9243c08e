"""The worker is killed between what a task did and the commit that says so: it is done again, and counts once."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.nursery import Nursery, wait_for
from tests.servers.smtp import Mailbox, mail_server

MAIL, SWEEP = "parvis.portal.kernel.mail.deliver", "parvis.portal.directory.tasks.sweep"
ENDED = "directory.role_revoked"


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with mail_server() as mailbox:
        yield mailbox


def test_what_a_task_wrote_in_the_database_is_written_once(
    installation: Path, nursery: Nursery, mailbox: Mailbox
) -> None:
    nursery.do("role_that_is_over", folder=installation)
    _killed_then_again(nursery, installation, mailbox, SWEEP)
    assert nursery.do("lines_of_the_trail", folder=installation, action=ENDED) == 1
    assert nursery.do("fault_of_the_chain", folder=installation) is None


def test_a_letter_that_left_twice_is_the_same_letter(installation: Path, nursery: Nursery, mailbox: Mailbox) -> None:
    """No mail server can be asked to forget what it took: whoever reads mails knows it by its name."""
    nursery.do("role_that_is_over", folder=installation)
    _killed_then_again(nursery, installation, mailbox, MAIL)
    letters = [message for _recipient, message in mailbox.messages if message["Subject"] == "Une seule fois"]
    assert len(letters) == 2
    assert len({message["Message-ID"] for message in letters}) == 1


def _killed_then_again(nursery: Nursery, folder: Path, mailbox: Mailbox, task: str) -> None:
    killed = nursery.start("worker_killed_before_commit", folder=folder, task_path=task, mail_port=mailbox.port)
    assert killed.wait() == -signal.SIGKILL, killed.log
    assert task in nursery.do("tasks_by_state", folder=folder)["RUNNING"]
    worker = nursery.start("worker", folder=folder, mail_port=mailbox.port)
    try:
        wait_for(
            lambda: {MAIL, SWEEP} <= set(nursery.do("tasks_by_state", folder=folder).get("SUCCESSFUL", [])),
            "both tasks' end",
        )
    finally:
        worker.kill()
