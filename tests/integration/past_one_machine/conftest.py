"""Tests of several machines copy the suite’s database: collected where that is PostgreSQL (CI: second pass)."""

from __future__ import annotations

import os

_ON_POSTGRESQL = ["test_cluster.py", "test_hints_postgresql.py", "test_postgresql_engine.py"]
collect_ignore = [] if os.environ.get("PARVIS_TEST_DATABASE_URL", "").startswith("postgresql") else _ON_POSTGRESQL
