"""Browsers in plain words."""

import pytest

from parvis.portal.accounts import devices

KIT, CHROME = "AppleWebKit/537.36 (KHTML, like Gecko)", "Chrome/142.0.0.0"
APPLE = "AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1"
CASES = [
    ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0", "Firefox sur Windows", False),
    (f"Mozilla/5.0 (Windows NT 10.0) {KIT} {CHROME} Safari/537.36 Edg/142.0.0.0", "Edge sur Windows", False),
    (f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {APPLE} Safari/605.1.15", "Safari sur Mac", False),
    (f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) {APPLE} Safari/604.1", "Safari sur iPhone", True),
    (f"Mozilla/5.0 (Linux; Android 10; K) {KIT} {CHROME} Mobile Safari/537.36", "Chrome sur Android", True),
    (f"Mozilla/5.0 (X11; Linux x86_64) {KIT} {CHROME} Safari/537.36", "Chrome sur Linux", False),
    ("Mozilla/5.0 (PlayStation 5) Firefox/1", "Firefox", False),
    ("curl/8.1", "Navigateur inconnu", False),
    ("", "Navigateur inconnu", False),
    ("<script>alert(1)</script>", "Navigateur inconnu", False),
]


@pytest.mark.parametrize(("user_agent", "words", "hand_held"), CASES, ids=[case[1] for case in CASES])
def test_each_is_named(user_agent: str, words: str, hand_held: bool) -> None:
    assert devices.describe(user_agent) == words
    assert devices.is_hand_held(user_agent) is hand_held
