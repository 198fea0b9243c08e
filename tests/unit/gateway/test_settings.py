from __future__ import annotations

from pathlib import Path

import pytest

from parvis.gateway.settings import Settings, SettingsError

GOOD = {
    "PARVIS_PORTAL_INTERNAL_URL": "http://127.0.0.1:8000/",
    "PARVIS_GATEWAY_SECRET": "s" * 32,
    "PARVIS_ORIGINS": "https://parvis.example.fr, http://localhost:8000",
    "PARVIS_GATEWAY_STATE_DIR": "/var/lib/parvis",
}


def test_defaults() -> None:
    settings = Settings.from_environment(GOOD)
    assert settings.portal_url == "http://127.0.0.1:8000"
    assert settings.origins == {"https://parvis.example.fr", "http://localhost:8000"}
    assert settings.listen == ("127.0.0.1", 8001)
    assert settings.socket is None
    assert settings.limits.portal_silence_seconds == 60
    assert settings.limits.heartbeat_seconds == 2
    assert "192.168.0.0/16" in {str(network) for network in settings.addresses.allowed}


def test_with_a_handoff_socket_tcp_is_optional() -> None:
    settings = Settings.from_environment({**GOOD, "PARVIS_GATEWAY_SOCKET": "/run/parvis/gateway.sock"})
    assert settings.listen is None
    assert settings.socket == Path("/run/parvis/gateway.sock")


def test_limits_and_addresses_are_read() -> None:
    settings = Settings.from_environment(
        {
            **GOOD,
            "PARVIS_GATEWAY_LISTEN": "[::1]:9000",
            "PARVIS_GATEWAY_MAX_FRAME": "1000",
            "PARVIS_LOOPBACK_TARGETS": "127.0.0.1:5901",
        }
    )
    assert settings.listen == ("::1", 9000)
    assert settings.limits.max_frame == 1000
    assert settings.addresses.loopback_targets == {("127.0.0.1", 5901)}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PARVIS_PORTAL_INTERNAL_URL", ""),
        ("PARVIS_PORTAL_INTERNAL_URL", "ftp://x"),
        ("PARVIS_PORTAL_INTERNAL_URL", "localhost:8000"),
        ("PARVIS_GATEWAY_SECRET", "short"),
        ("PARVIS_GATEWAY_SECRET", ""),
        ("PARVIS_ORIGINS", "https://parvis.example.fr/path"),
        ("PARVIS_ORIGINS", "*"),
        ("PARVIS_ORIGINS", "null"),
        ("PARVIS_ORIGINS", "https://user@parvis.example.fr"),
        ("PARVIS_GATEWAY_LISTEN", "8001"),
        ("PARVIS_GATEWAY_LISTEN", "127.0.0.1:99999"),
        ("PARVIS_GATEWAY_NAME", "with space"),
        ("PARVIS_ALLOWED_NETWORKS", "10.0.0.0/99"),
        ("PARVIS_DENIED_NETWORKS", "x"),
        ("PARVIS_LOOPBACK_TARGETS", "10.0.0.1:3389"),
        ("PARVIS_LOOPBACK_TARGETS", "127.0.0.1"),
        ("PARVIS_TRUSTED_PROXIES", "nginx"),
        ("PARVIS_GATEWAY_MAX_FRAME", "0"),
        ("PARVIS_GATEWAY_HEARTBEAT_SECONDS", "soon"),
        ("PARVIS_GATEWAY_STATE_DIR", ""),
    ],
)
def test_a_bad_value_is_one_line_that_names_it(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_environment({**GOOD, name: value})
    assert str(caught.value).startswith(name)
    assert "\n" not in str(caught.value)


def test_the_secret_is_not_in_the_representation() -> None:
    assert "s" * 32 not in repr(Settings.from_environment(GOOD))
