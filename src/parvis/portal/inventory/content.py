"""What a report says, whatever probe sent it: the contract between reading (`wire`) and matching (`matching`). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True, slots=True)
class Network:
    """A network card."""

    name: str
    mac: str
    """As reported; `rules.normal_identity` says whether it counts."""
    addresses: tuple[str, ...] = ()
    virtual: bool = False


@dataclass(frozen=True, slots=True)
class Program:
    """An installed program, as reported."""

    name: str
    version: str = ""
    publisher: str = ""
    installed_date: date | None = None


@dataclass(frozen=True, slots=True)
class Screen:
    """A screen plugged into the computer."""

    name: str
    manufacturer: str = ""
    serial: str = ""


@dataclass(frozen=True, slots=True)
class Content:
    """One inventory. Texts are stripped, without control characters, no longer than their column; empty: not said."""

    device_id: str
    client: str
    """The probe's program and version."""
    tag: str = ""
    itemtype: str = "Computer"
    """`Computer`, `Phone`, `NetworkEquipment`, `Printer` (GLPI's words)."""
    name: str = ""
    serial: str = ""
    board_serial: str = ""
    uuid: str = ""
    asset_tag: str = ""
    manufacturer: str = ""
    model: str = ""
    chassis: str = ""
    """`Laptop`, `Notebook`, `Desktop`, `Server`… as the firmware says."""
    os_name: str = ""
    os_version: str = ""
    processor: str = ""
    memory_mb: int | None = None
    disk_mb: int | None = None
    disk_free_mb: int | None = None
    encrypted: bool | None = None
    antivirus: str = ""
    antivirus_current: bool | None = None
    battery_health: int | None = None
    """Percent of the capacity it was made with."""
    last_user: str = ""
    networks: tuple[Network, ...] = ()
    screens: tuple[Screen, ...] = ()
    programs: tuple[Program, ...] = ()
    details: Mapping[str, object] = field(default_factory=dict)
    """What is only shown: JSON values, bounded by the reader."""
    partial: bool = False
    """Only some sections were sent: what is absent has not gone."""
