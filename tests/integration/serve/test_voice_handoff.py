"""One address: the portal's web server hands `/voice/` over to the voice server that `parvis demo` started."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from deploy import demo_stack
from deploy.demo_stack import DemoStack
from tests import databases
from tests.integration.serve.test_handoff import _upgrade
from tests.integration.voice.harness import until
from tests.requirements import require

# The demo has five minutes to start, on a busy machine.
pytestmark = [pytest.mark.gateway, pytest.mark.xdist_group("demo-stack"), pytest.mark.timeout(400)]


@pytest.fixture(scope="module")
def stack() -> Iterator[DemoStack]:
    require("janus")
    with demo_stack.running(prepare=databases.copy_into) as running:
        yield running


def test_the_voice_server_answers_on_the_portal_s_address(stack: DemoStack) -> None:
    until(lambda: (stack.data_dir / "run" / "voice.sock").exists(), "the voice server listens")
    assert " 101 " in _upgrade(stack, "/voice/v1/room", stack.url)
    assert " 101 " in _upgrade(stack, "/voice/v1/echo", stack.url)
    assert " 403 " in _upgrade(stack, "/voice/v1/room", "https://evil.example")
    assert " 404 " in _upgrade(stack, "/voice/v1/other", stack.url)
    assert " 404 " in _upgrade(stack, "/voice/metrics", stack.url)


def test_janus_answers_and_the_portal_knows(stack: DemoStack) -> None:
    def events() -> set[str]:
        lines = (stack.data_dir / "log" / "voice.log").read_text().splitlines()
        return {json.loads(line)["event"] for line in lines if line.startswith("{")}

    until(lambda: "janus_started" in events(), "Janus has started")
    assert not {"heartbeat_crashed", "tick_failed"} & events()
