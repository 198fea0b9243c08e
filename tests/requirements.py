"""What the tests need from the machine, and what happens where it is missing."""

from __future__ import annotations

import importlib.util
import os
import shutil

import pytest


def require(*programs: str) -> None:
    """Skip with a plain reason where a program is missing; in CI that is a failure instead.

    `programs` are names looked up on PATH and in the system administrator's folders.
    """
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin", "/usr/lib/postgresql/15/bin"])
    missing = [program for program in programs if shutil.which(program, path=path) is None]
    if not missing:
        return
    reason = f"not installed: {', '.join(missing)} (`make test` installs it when it may)"
    if os.environ.get("CI"):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def require_library(name: str) -> None:
    """The same for a Python library that is built on the machine; also at the top of a module."""
    if importlib.util.find_spec(name) is not None:
        return
    reason = f"not installed: the library {name} (`make test` builds it when it may)"
    if os.environ.get("CI"):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason, allow_module_level=True)
