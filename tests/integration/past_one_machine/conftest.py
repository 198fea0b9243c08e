"""Tests of several machines copy the suite’s database: collected where that is PostgreSQL (CI: second pass)."""

from __future__ import annotations

import os

collect_ignore = [] if os.environ.get("PARVIS_TEST_DATABASE_URL", "").startswith("postgresql") else ["test_cluster.py"]
