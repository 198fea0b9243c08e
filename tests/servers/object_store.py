"""A real object store that speaks S3: OpenStack Swift from Debian, on loopback."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from parvis.portal.config.buckets import Bucket
from tests.servers.process import accepts, free_port, running

DEBIANS_PYTHON = "/usr/bin/python3"
PROGRAM = Path(__file__).with_name("object_store_swift.py")
ACCESS_KEY, SECRET_KEY, BUCKET, REGION = "parvis:files", "canary-of-the-bucket-5f2c", "parvis", "fr-test"


@dataclass(frozen=True)
class Swift:
    """Where it listens and what it keeps; started and stopped as often as a test likes."""

    folder: Path
    port: int

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def bucket(self) -> Bucket:
        return Bucket(name=BUCKET, endpoint=self.endpoint, region=REGION, access_key=ACCESS_KEY, secret_key=SECRET_KEY)

    @contextmanager
    def running(self) -> Iterator[None]:
        command = [DEBIANS_PYTHON, "-I", str(PROGRAM), str(self.folder), str(self.port)]
        ready = lambda: accepts("127.0.0.1", self.port)  # noqa: E731
        with running(command, log_path=self.folder / "log", is_ready=ready, timeout=60):
            yield

    def client(self) -> Any:
        """Straight to it, past the portal."""
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
            config=Config(
                signature_version="s3v4",
                s3={"addressing_style": "path"},
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
                retries={"total_max_attempts": 1},
            ),
        )

    def names(self) -> list[str]:
        """Every object there is."""
        return [each["Key"] for each in self.client().list_objects_v2(Bucket=BUCKET).get("Contents", [])]


def prepare(folder: Path) -> Swift:
    """A new one, not running yet; where Debian's package is missing the test is skipped, and fails in CI."""
    found = subprocess.run([DEBIANS_PYTHON, "-I", "-c", "import swift"], capture_output=True, check=False)
    if found.returncode != 0:
        reason = "not installed: python3-swift (`make test` installs it when it may)"
        if os.environ.get("CI"):
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)
    (folder / "secret").write_text(SECRET_KEY)
    return Swift(folder, free_port())
