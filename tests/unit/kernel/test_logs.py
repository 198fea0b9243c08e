"""No secret reaches the logs, by whatever logger, key or exception it comes. Canaries."""

import io
import json
import logging
import logging.config
from collections.abc import Iterator

import pytest
import structlog

from parvis.portal.config import logs
from parvis.portal.kernel import context

TICKET = "parvis1.eyJqdGkiOiIwMTIzIn0.c2lnbmF0dXJlLXNpZ25hdHVyZQ"
TOKEN = "parvis_Zm9vYmFyYmF6cXV4MDEyMzQ1Njc4OWFiY2RlZg"


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    configuration = logs.configuration("info")
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=logs.SHARED,
            processors=configuration["formatters"]["json"]["processors"],
        )
    )
    logger = logging.getLogger("canary")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    yield stream
    logger.removeHandler(handler)


def _lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


@pytest.mark.parametrize("secret", [TICKET, TICKET.replace("parvis1", "parvisroom1"), TOKEN])
def test_a_secret_is_cut_out_of_the_message(written: io.StringIO, secret: str) -> None:
    logging.getLogger("canary").info("redeeming %s now", secret)
    structlog.get_logger("canary").info(f"redeeming {secret} now")
    assert secret not in written.getvalue()
    assert written.getvalue().count("redeeming [") == 2


@pytest.mark.parametrize("secret", [TICKET, TOKEN])
def test_a_secret_is_cut_out_of_an_exception(written: io.StringIO, secret: str) -> None:
    try:
        raise ValueError(f"cannot read {secret}")
    except ValueError:
        logging.getLogger("canary").exception("failed")
    assert secret not in written.getvalue()
    assert "cannot read [" in written.getvalue()


@pytest.mark.parametrize(
    "address",
    [
        "/reunions/invitation/%s/", "/reunions/agenda/%s/reunions.ics", "/reunions/salle/invite/%s/ticket",
        "/reunions/salle/public/%s/", "/salles/calendrier/%s.ics", "/presence/agenda/%s.ics", "/parc/sondes/%s",
    ],
)  # fmt: skip
def test_an_address_that_is_a_key_is_cut(written: io.StringIO, address: str) -> None:
    key = "Zm9vYmFyYmF6cXV4-MDEyMzQ1_Njc4OWFiY2Rl"
    logging.getLogger("canary").warning("Forbidden: %s", address % key)  # as Django says it
    assert key not in written.getvalue()
    assert address.partition("%s")[0] in written.getvalue()


@pytest.mark.parametrize("key", ["password", "Ticket", "token", "secret", "Authorization", "cookie", "code"])
def test_values_of_secret_keys_are_cut(written: io.StringIO, key: str) -> None:
    structlog.get_logger("canary").info("called", **{key: "hunter2hunter2"})
    assert "hunter2" not in written.getvalue()


def test_secrets_inside_structures_are_cut(written: io.StringIO) -> None:
    structlog.get_logger("canary").info(
        "called", headers={"Authorization": f"Bearer {TOKEN}"}, parts=[TICKET, {"password": "hunter2hunter2"}]
    )
    for secret in (TOKEN, TICKET, "hunter2"):
        assert secret not in written.getvalue()


def test_a_line_is_one_json_object_with_the_correlation(written: io.StringIO) -> None:
    correlation = context.new_correlation()
    logging.getLogger("canary").warning("two\nlines")
    (line,) = _lines(written)
    assert line["correlation"] == correlation
    assert line["event"] == "two\nlines"
    assert line["level"] == "warning"
