"""`PARVIS_FILES_URL`: what is taken, what is refused, and that keys are shown nowhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from parvis.portal.config import env
from parvis.portal.config.env import EnvironmentInvalid

KEYS = {"PARVIS_FILES_ACCESS_KEY": "AK", "PARVIS_FILES_SECRET_KEY": "canary-81c2"}
PRODUCTION = {
    "PARVIS_MODE": "production",
    "PARVIS_URL": "https://parvis.example.fr",
    "PARVIS_DATABASE_URL": "postgresql://parvis:x@db/parvis",
}
GOOD = "s3://parvis-files/ici?endpoint=https://s3.example.fr&region=fr-par&ca=/etc/ssl/ours.pem"


def test_the_disk_is_the_default() -> None:
    assert env.parse({"PARVIS_MODE": "development"}).bucket is None


def test_a_bucket() -> None:
    known = env.parse({**PRODUCTION, **KEYS, "PARVIS_FILES_URL": GOOD})
    assert known.bucket is not None
    stored = known.bucket.storages()
    assert stored["default"]["OPTIONS"] == {
        "bucket_name": "parvis-files",
        "endpoint_url": "https://s3.example.fr",
        "region_name": "fr-par",
        "location": "ici/files",
        "access_key": "AK",
        "secret_key": "canary-81c2",
        "addressing_style": "path",
        "verify": "/etc/ssl/ours.pem",
    }
    assert stored["exports"]["OPTIONS"]["location"] == "ici/exports"
    assert "canary-81c2" not in repr(known) + repr(known.bucket)


def test_keys_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    path.write_text("AK\ncanary-81c2\n")
    known = env.parse({**PRODUCTION, "PARVIS_FILES_URL": GOOD, "PARVIS_FILES_CREDENTIALS": str(path)})
    assert known.bucket is not None
    assert (known.bucket.access_key, known.bucket.secret_key) == ("AK", "canary-81c2")
    path.write_text("canary-81c2")
    for wrong in (path, tmp_path / "none"):
        with pytest.raises(EnvironmentInvalid, match="PARVIS_FILES_CREDENTIALS") as refused:
            env.parse({**PRODUCTION, "PARVIS_FILES_URL": GOOD, "PARVIS_FILES_CREDENTIALS": str(wrong)})
        assert "canary" not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "s3:",
        "s3://Parvis?endpoint=https://s3.example.fr",
        "s3://AK:canary-81c2@parvis?endpoint=https://s3.example.fr",
        "s3://parvis",
        "s3://parvis?endpoint=s3.example.fr",
        "s3://parvis?endpoint=https://AK:canary-81c2@s3.example.fr",
        "s3://parvis?endpoint=http://s3.example.fr",
        "s3://parvis?endpoint=https://s3.example.fr&acl=public-read",
        "s3://parvis?endpoint=https://s3.example.fr&style=other",
        "https://s3.example.fr/parvis",
    ],
)
def test_what_cannot_be_used_is_said_without_a_key(url: str) -> None:
    with pytest.raises(EnvironmentInvalid, match="PARVIS_FILES_URL") as refused:
        env.parse({**PRODUCTION, **KEYS, "PARVIS_FILES_URL": url})
    assert "canary" not in str(refused.value)


@pytest.mark.parametrize(
    "others",
    [
        {"PARVIS_FILES_SECRET_KEY": ""},
        {"PARVIS_DATABASE_URL": "sqlite"},
    ],
)
def test_what_must_go_with_it(others: dict[str, str]) -> None:
    with pytest.raises(EnvironmentInvalid, match="PARVIS_FILES_URL"):
        env.parse({**PRODUCTION, **KEYS, "PARVIS_FILES_URL": GOOD, **others})


def test_in_the_clear_on_the_machine_itself_only() -> None:
    url = "s3://parvis?endpoint=http://127.0.0.1:9000"
    assert env.parse({**PRODUCTION, **KEYS, "PARVIS_FILES_URL": url}).bucket is not None


def test_proxies_may_be_networks() -> None:
    known = env.parse({"PARVIS_MODE": "development", "PARVIS_TRUSTED_PROXIES": "127.0.0.1,10.42.0.0/16,fd00::/8"})
    assert [known.is_proxy(each) for each in ("127.0.0.1", "10.42.3.9", "fd00::7")] == [True] * 3
    assert [known.is_proxy(each) for each in ("127.0.0.2", "10.43.0.1", "", "unix:", "fe80::1")] == [False] * 5
    with pytest.raises(EnvironmentInvalid, match="host bits"):
        env.parse({"PARVIS_MODE": "development", "PARVIS_TRUSTED_PROXIES": "10.42.3.9/16"})
