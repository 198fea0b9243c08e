from __future__ import annotations

from pathlib import Path

import pytest

from parvis.portal.config import caching, env, keys
from parvis.portal.config.env import EnvironmentInvalid


def test_defaults_are_production_and_refuse_plain_http() -> None:
    with pytest.raises(EnvironmentInvalid, match="PARVIS_URL"):
        env.parse({})


def test_a_plain_development_environment() -> None:
    environment = env.parse(
        {"PARVIS_MODE": "development", "PARVIS_IDLE_MINUTES": "12", "PARVIS_TRUSTED_PROXIES": "127.0.0.1, ::1"}
    )
    assert environment.idle_minutes == 12
    assert environment.trusted_proxies == {"127.0.0.1", "::1"}
    assert not environment.demo
    assert not environment.https


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MODE", "prod"),
        ("URL", "parvis.example.fr"),
        ("URL", "https://parvis.example.fr/path"),
        ("DATABASE_URL", "mysql://x"),
        ("CACHE_URL", "memcached://cache"),
        ("CACHE_URL", "redis:///0"),
        ("CACHE_URL", "10.0.0.9:6379"),
        ("IDLE_MINUTES", "0"),
        ("IDLE_MINUTES", "ten"),
        ("SESSION_HOURS", "-1"),
        ("LOG_LEVEL", "loud"),
        ("ALLOWED_NETWORKS", "10.0.0.0/99"),
        ("LOOPBACK_TARGETS", "127.0.0.1"),
        ("TRUSTED_PROXIES", "nginx"),
    ],
)
def test_a_bad_value_is_named(name: str, value: str) -> None:
    with pytest.raises(EnvironmentInvalid, match="PARVIS_"):
        env.parse({"PARVIS_MODE": "development", f"PARVIS_{name}": value})


def test_production_refuses_loopback_targets() -> None:
    with pytest.raises(EnvironmentInvalid, match="LOOPBACK_TARGETS"):
        env.parse({"PARVIS_URL": "https://parvis.example.fr", "PARVIS_LOOPBACK_TARGETS": "127.0.0.1:5901"})


def test_keys_are_made_once_and_only_their_owner_reads_them(tmp_path: Path) -> None:
    environment = env.parse({"PARVIS_MODE": "development", "PARVIS_DATA_DIR": str(tmp_path)})
    first, second = keys.load(environment), keys.load(environment)
    assert (first.django, first.gateway) == (second.django, second.gateway)
    assert first.ticket.private_bytes_raw() == second.ticket.private_bytes_raw()
    assert len({first.django, first.gateway}) == 2
    for path in (tmp_path / "keys").iterdir():
        assert path.stat().st_mode & 0o077 == 0, path
        assert not path.name.endswith(".part")


def test_keys_given_by_the_environment_win(tmp_path: Path) -> None:
    environment = env.parse(
        {
            "PARVIS_MODE": "development",
            "PARVIS_DATA_DIR": str(tmp_path),
            "PARVIS_SECRET_KEY": "s" * 50,
            "PARVIS_GATEWAY_SECRET": "g" * 32,
        }
    )
    loaded = keys.load(environment)
    assert (loaded.django, loaded.gateway) == ("s" * 50, "g" * 32)


def test_several_machines_are_told_where_they_meet(tmp_path: Path) -> None:
    alone = env.parse({"PARVIS_MODE": "development", "PARVIS_DATA_DIR": "/d"})
    assert (alone.shared_folder, alone.keys_folder) == (Path("/d"), Path("/d/keys"))
    assert caching.configuration(alone)["LOCATION"] == Path("/d/cache")
    one = {"PARVIS_MODE": "development", "PARVIS_DATA_DIR": str(tmp_path / "one")}
    common = {"PARVIS_SHARED_DIR": "/srv/parvis", "PARVIS_KEYS_DIR": str(tmp_path / "keys")}
    first, second = env.parse({**one, **common}), env.parse({**one, **common, "PARVIS_DATA_DIR": str(tmp_path / "two")})
    assert first.shared_folder == second.shared_folder == Path("/srv/parvis")
    assert keys.load(first).django == keys.load(second).django
    for address in ("redis://u:p@cache:6379/0", "rediss://cache", "unix:///run/redis/redis.sock?db=0"):
        assert caching.configuration(env.parse({**one, "PARVIS_CACHE_URL": address}))["LOCATION"] == address


def test_a_server_without_its_library_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    several = env.parse({"PARVIS_MODE": "development", "PARVIS_CACHE_URL": "redis://cache"})
    monkeypatch.setattr(caching, "find_spec", lambda _name: None)
    with pytest.raises(EnvironmentInvalid, match=r"PARVIS_CACHE_URL: install parvis\[several-machines\]"):
        caching.configuration(several)
