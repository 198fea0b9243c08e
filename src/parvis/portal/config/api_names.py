"""Names of the shapes in the API's reference.

Choices live inside their model (`Asset.State`, `Movement.State`), and would all be called `State` there: the last
read would stand for all. Here they are called after their owner: `AssetState`, `MovementState`.
"""

from __future__ import annotations

import re

from ninja.openapi import schema
from ninja.schema import NinjaGenerateJsonSchema
from pydantic.json_schema import CoreModeRef, DefsRef

_NESTED = re.compile(r"(?<=\.)([A-Z]\w*)\.([A-Z]\w*)(?=:)")


class OwnedNames(NinjaGenerateJsonSchema):
    """Joins a nested class to its owner before a name is chosen for it."""

    def get_defs_ref(self, core_mode_ref: CoreModeRef) -> DefsRef:
        """The key among the document's components."""
        ref, mode = core_mode_ref
        return super().get_defs_ref((type(ref)(_NESTED.sub(r"\1\2", ref)), mode))


def connect() -> None:
    """Have the API's reference use these names. (Ninja has no setting for it.)"""
    schema.NinjaGenerateJsonSchema = OwnedNames  # type: ignore[attr-defined]  # imported there, not exported
