"""The certificate of the pretended office PCs: self-signed, as theirs are."""

from __future__ import annotations

from pathlib import Path

from bench.relay.generator import Certificate
from parvis.serve.load_test import certificate


def self_signed(folder: Path) -> Certificate:
    """For 127.0.0.1 and two days."""
    return Certificate(*certificate.self_signed(folder))
