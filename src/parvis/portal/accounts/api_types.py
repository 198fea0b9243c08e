"""Types shared by the rooms' API schemas."""

from __future__ import annotations

from typing import Annotated

from ninja import Field

Line = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]*$")]
"""Text of one line: no control character (a NUL is no text for PostgreSQL)."""

Lines = Annotated[str, Field(pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$")]
"""Text of several lines: no other control character."""

Key = Annotated[int, Field(ge=0, le=2**62)]
"""The key of a row, as a list in a body names it: what no database holds is refused before it is asked."""
