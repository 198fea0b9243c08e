"""Types shared by the rooms' API schemas."""

from __future__ import annotations

from typing import Annotated

from ninja import Field

Line = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]*$")]
"""Text of one line: no control character (a NUL is no text for PostgreSQL)."""
