"""The family of errors: a status each, a sentence a person understands."""

from http import HTTPStatus

import pytest

from parvis.portal.kernel import authz, errors
from parvis.portal.kernel.errors import ParvisError


def _family() -> list[type[ParvisError]]:
    return [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, ParvisError)]


@pytest.mark.parametrize("kind", [each for each in _family() if each is not ParvisError])
def test_each_has_a_code_a_sentence_and_a_client_or_server_status(kind: type[ParvisError]) -> None:
    error = kind()
    assert 400 <= error.status < 600
    assert error.code.isidentifier()
    assert str(error.message).endswith(".")
    assert str(error) == f"{error.code}: {error.message}"


def test_codes_are_told_apart() -> None:
    codes = [each.default_code for each in _family()]
    assert len(codes) == len(set(codes))


def test_a_refusal_keeps_its_reason_code_and_advice() -> None:
    decision = authz.no("right_expired", "Votre droit a pris fin.", "Demandez-le de nouveau.")
    with pytest.raises(errors.NotAllowed) as caught:
        authz.require(decision)
    assert (caught.value.code, caught.value.message, caught.value.advice) == (
        "right_expired",
        "Votre droit a pris fin.",
        "Demandez-le de nouveau.",
    )
    assert caught.value.status == HTTPStatus.FORBIDDEN


def test_a_yes_passes() -> None:
    authz.require(authz.YES)
