"""Pure rules: what becomes of a report, in what form identities compare, how much each counts, what is decided."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal

from django.utils.translation import gettext_lazy as _

from parvis.portal.inventory.content import Content
from parvis.portal.kernel.errors import Text
from parvis.portal.parc.rules import normal_mac

REPORT_MOVES: Mapping[str, frozenset[str]] = {
    "queued": frozenset({"applied", "quarantined", "refused", "discarded"}),
    "quarantined": frozenset({"applied", "discarded"}),
    "applied": frozenset(),
    "discarded": frozenset(),
    "refused": frozenset(),
}
"""From each state of a report, the states it may go to. Queued → discarded: a newer one of the same probe came."""

PROBLEMS: Mapping[str, Text] = {
    "several": _("Plusieurs matériels lui ressemblent."),
    "doubt": _("Un matériel lui ressemble, sans certitude."),
    "name_taken": _("Un autre ordinateur du service porte déjà ce nom."),
    "nothing_to_know_by": _("Le relevé ne donne ni numéro de série, ni UUID, ni adresse MAC utilisable."),
    "unknown_kind": _("Le type de matériel relevé n’est pas connu."),
    "partial_unknown": _("Relevé partiel d’un matériel inconnu\u202f: un relevé complet est attendu."),
    "superseded": _("Un relevé plus récent est arrivé."),
    "too_many_new": _("Cette adresse de sonde a déjà ajouté trop de matériels aujourd’hui."),
    "too_many_asked": _("Trop de relevés de cette adresse de sonde attendent une décision."),
    "set_aside": _("Quelqu’un a écarté les relevés de cette machine."),
}
"""Why matching did not end in an asset: key of `Report.problem` → words. Reading has its own."""

Kind = Literal["serial", "uuid", "board", "mac", "device", "name"]
Key = tuple[Kind, str]
"""A kind of identity and its value in the usual form."""

POINTS: Mapping[str, int] = {"serial": 75, "uuid": 60, "mac": 40, "board": 45, "device": 20, "name": 20}
"""What the same value on both sides is worth.

A serial and a UUID are the machine's own. A board goes with repairs, a network card with docks: each needs company.
The probe's identifier is copied with disk images; the name is what people change.
"""

AGAINST: Mapping[str, int] = {"serial": 80, "uuid": 40, "mac": 15}
"""What is taken off when both sides have values and none in common. More than a serial's worth for the serial: two
serials are two machines. Less for the UUID: a new motherboard brings another, in the same case."""

SECOND_CARD = 10
"""A second network card in common."""
FIRST_REPORT = 40
"""The asset was only ever named (a file, a person), in the same body: its first report is recognised by the name."""
CONFIRMED = 25
"""A person said once that one of these values is this asset's."""

APPLY_FROM = 60
"""This score and the report is about the asset, if no other comes close."""
AHEAD_BY = 25
"""How far the second must be behind."""
DOUBT_FROM = 30
"""From this score a person is asked; below, it is another machine."""

SHAREABLE = frozenset({"uuid", "board", "mac", "device"})
"""Kinds whose value counts for nothing once several assets hold it: docks, clones, cheap firmware."""
OWN = frozenset({"serial", "uuid", "board", "mac"})
"""Kinds of the machine itself: without any of them, no asset is made by a report."""

MOST_IDENTITIES = 60
"""Identities kept of an asset; the longest unseen are forgotten first."""

# fmt: off
_BAD_TEXTS = frozenset({
    "TOBEFILLEDBYOEM", "TOBEFILLEDBYO.E.M.", "TOBEFILLEDBYO.E.M", "SYSTEMSERIALNUMBER", "SERIALNUMBER",
    "DEFAULTSTRING", "NOTSPECIFIED", "NOTAPPLICABLE", "NOTAVAILABLE", "NOTSETTABLE", "NONE", "N/A", "NA", "NULL",
    "UNKNOWN", "EMPTY", "INVALID", "OEM", "O.E.M.", "SERIAL", "SYSTEM", "CHASSISSERIALNUMBER",
    "BASEBOARDSERIALNUMBER", "BSN12345678901234567", "BSS-0123456789", "EVAL", "XXXXXXX", "XXXXXXXXXX", "0123456789",
    "123456789", "1234567890", "12345678", "12345", "1234567", "SAMPLE", "TEST", "BASEBOARDSERIAL", "NOSERIALNUMBER",
    "STANDARD",
})
# fmt: on
_ONE_CHARACTER = re.compile(r"\A(.)\1*\Z")
_HP_SERIAL = re.compile(r"\AS([A-Z0-9]{10})\Z", re.ASCII)
_HEX = re.compile(r"\A[0-9A-F]{32}\Z", re.ASCII)
_BAD_UUIDS = frozenset(
    {
        "03000200040005000006000700080009",
        "00020003000400050006000700080009",
        "00000000000000000000FFFFFFFFFFFF",
        "12345678123456781234567812345678",
        "12345678123456789012345678901234",
        "123456781234567890ABCDDEEFAABBCC",
        "FEFEFEFEFEFEFEFEFEFEFEFEFEFEFEFE",
        "4C4C454400002010802080C04F202020",
    }
)
VIRTUAL_MACS = (
    "00:05:69", "00:0C:29", "00:1C:14", "00:50:56",  # VMware
    "08:00:27", "0A:00:27",  # VirtualBox
    "00:15:5D",  # Hyper-V
    "00:16:3E",  # Xen
    "52:54:00",  # QEMU
    "00:1C:42",  # Parallels
    "02:42",  # Docker
    "00:FF",  # TAP of a VPN
    "02:00:4C:4F:4F:50",  # Microsoft loopback
    "00:05:9A:3C:7A:00", "02:50:41:00:00:01", "00:09:0F:AA:00:01", "00:09:0F:FE:00:01",  # VPN programs
    "50:50:54:50:30:30", "20:41:53:59:4E:FF", "24:B6:20:52:41:53", "02:80:37:EC:02:00",  # modems of Windows
    "00:0B:CA:FE:00:00", "FE:FF:FF:FF:FF:FF",
)  # fmt: skip
"""Beginnings of addresses that programs make: the same on many machines."""
DOCK_MACS = ("00:E0:4C", "00:50:B6", "00:0E:C6")
"""Makers of docks and USB adapters (Realtek USB, Good Way, ASIX): they go from one laptop to another."""
_BAD_NAMES = frozenset({"LOCALHOST", "LOCALHOST.LOCALDOMAIN", "PC", "COMPUTER", "ORDINATEUR", "MINWINPC", "DEFAULT"})

_HP = re.compile(r"\A(?:HP|HEWLETT)", re.IGNORECASE)


def normal_identity(kind: str, value: str, *, manufacturer: str = "") -> str:
    """The value in the form in which it compares; empty if it says nothing (unset firmware, virtual card, dock)."""
    return _NORMAL[kind](value, manufacturer)[:200]


def is_filler(text: str) -> bool:
    """Whether a text of the firmware is one that its maker forgot to set."""
    bare = "".join(text.split()).upper()
    return not bare or bare.strip("._-/") in _BAD_TEXTS or bare in _BAD_TEXTS or bool(_ONE_CHARACTER.match(bare))


def _serial(value: str, manufacturer: str) -> str:
    text = "".join(each for each in "".join(value.split()).upper() if each.isprintable())
    if len(text) < 3 or is_filler(text):
        return ""
    if _HP.match(manufacturer.strip()) and (found := _HP_SERIAL.match(text)):
        return found[1]  # the bar code of HP begins with an S that the firmware does not have
    return text


def _uuid(value: str, _manufacturer: str) -> str:
    text = re.sub(r"[{}\s-]", "", value).upper()
    if not _HEX.match(text) or text in _BAD_UUIDS or len(set(text)) < 3:
        return ""
    # The first three fields in one order of bytes or the other (ESX, dmidecode before 3.0): the smaller stands for
    # both.
    raw = bytes.fromhex(text)
    swapped = raw[3::-1] + raw[5:3:-1] + raw[7:5:-1] + raw[8:]
    chosen = min(raw, swapped).hex().upper()
    if chosen in _BAD_UUIDS:
        return ""
    return "-".join((chosen[:8], chosen[8:12], chosen[12:16], chosen[16:20], chosen[20:]))


def _mac(value: str, _manufacturer: str) -> str:
    try:
        mac = normal_mac(value)
    except ValueError:
        return ""
    return "" if mac.startswith(VIRTUAL_MACS) or mac.startswith(DOCK_MACS) else mac


def _device(value: str, _manufacturer: str) -> str:
    return value.strip() if len(value.strip()) >= 4 else ""


def _name(value: str, _manufacturer: str) -> str:
    text = value.strip().upper().split(".")[0]
    return "" if len(text) < 2 or text in _BAD_NAMES else text


_NORMAL = {"serial": _serial, "uuid": _uuid, "board": _serial, "mac": _mac, "device": _device, "name": _name}


def identities(content: Content) -> frozenset[Key]:
    """All by which a report can be known, without what says nothing."""
    maker = content.manufacturer
    said: list[Key] = [
        ("serial", normal_identity("serial", content.serial, manufacturer=maker)),
        ("uuid", normal_identity("uuid", content.uuid)),
        ("board", normal_identity("board", content.board_serial)),
        ("device", normal_identity("device", content.device_id)),
        ("name", normal_identity("name", content.name)),
    ]
    said += [("mac", normal_identity("mac", each.mac)) for each in content.networks if not each.virtual]
    return frozenset(key for key in said if key[1])


def fingerprint(keys: Collection[Key]) -> str:
    """Of a machine, by what is most its own in what it said: the same tomorrow with another dock or another name."""
    for kinds in (OWN - {"mac"}, OWN):
        own = sorted(key for key in keys if key[0] in kinds)
        if own:
            break
    else:
        own = sorted(keys)
    return hashlib.sha256(repr(own).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Known:
    """An asset that may be the one: what it is known by."""

    asset_id: int
    keys: frozenset[Key]
    confirmed: frozenset[Key] = frozenset()
    """Those a person settled."""
    same_body: bool = False
    """It belongs to the same legal body as the probes' address (not only below it)."""


@dataclass(frozen=True, slots=True)
class Weighing:
    """How much a report looks like an asset, and why."""

    asset_id: int
    score: int
    why: Mapping[str, int] = field(default_factory=dict)
    """Points by kind of identity; `second_card`, `first_report`, `confirmed`; `<kind>_shared`: 0."""


def weigh(reported: Collection[Key], known: Known, *, holders: Mapping[Key, int]) -> Weighing:
    """The score of an asset. `holders`: how many assets hold a value (absent: at most this one)."""
    reported_keys = frozenset(reported)
    why: dict[str, int] = {}
    for kind in POINTS:
        why |= _compare(kind, _of(reported_keys, kind), _of(known.keys, kind), holders)
    agreed = reported_keys & known.keys
    if why.get("name", 0) > 0 and known.same_body and not any(kind in OWN for kind, _value in known.keys):
        why["first_report"] = FIRST_REPORT
    settled = {kind for kind, _value in agreed & known.confirmed if why.get(kind, 0) > 0}
    # One value alone that others contradict is one that machines share: a person settled it of another of them.
    if len(settled) > 1 or (settled and min(why.values()) >= 0):
        why["confirmed"] = CONFIRMED
    return Weighing(known.asset_id, sum(why.values()), why)


def _compare(kind: str, ours: frozenset[Key], theirs: frozenset[Key], holders: Mapping[Key, int]) -> dict[str, int]:
    same = ours & theirs
    if not same:
        return {kind: -AGAINST[kind]} if ours and theirs and kind in AGAINST else {}
    counted = [key for key in same if kind not in SHAREABLE or holders.get(key, 1) <= 1]
    if not counted:
        return {f"{kind}_shared": 0}
    points = {kind: POINTS[kind]}
    if kind == "mac" and len(counted) > 1:
        points["second_card"] = SECOND_CARD
    return points


def _of(keys: frozenset[Key], kind: str) -> frozenset[Key]:
    return frozenset(key for key in keys if key[0] == kind)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a report."""

    outcome: Literal["apply", "create", "quarantine"]
    asset_id: int | None = None
    problem: str = ""
    """A key of `PROBLEMS`."""


def ranked(weighings: Collection[Weighing]) -> list[Weighing]:
    """Best first; ties by the asset's key, so that the answer does not depend on the order of rows."""
    return sorted(weighings, key=lambda each: (-each.score, each.asset_id))


def decide(reported: Collection[Key], weighings: Collection[Weighing]) -> Verdict:
    """What becomes of the report.

    | best score       | second                   | → |
    |------------------|--------------------------|---|
    | ≥ `APPLY_FROM`   | at least `AHEAD_BY` less | apply to the best |
    | ≥ `APPLY_FROM`   | closer                   | quarantine, `several` |
    | ≥ `APPLY_FROM`, but see `_is_alone` |       | quarantine, `doubt` |
    | ≥ `DOUBT_FROM`   |                          | quarantine, `doubt` |
    | less             | the same serial on one only | quarantine, `doubt` |
    | less, or nothing | nothing of the machine's own reported | quarantine, `nothing_to_know_by` |
    | less, or nothing |                          | create |
    """
    best = ranked(weighings)
    same_serial = [each for each in best if each.why.get("serial", 0) > 0]
    if len(same_serial) > 1:  # several have it, and all else says no: then it is no serial
        best = [each for each in best if not _is_contradicted(each)]
    top = best[0].score if best else 0
    if best and top >= APPLY_FROM and _is_alone(best[0]):
        return Verdict("quarantine", problem="doubt")
    if best and top >= APPLY_FROM:
        second = best[1].score if len(best) > 1 else top - AHEAD_BY
        if top - second >= AHEAD_BY:
            return Verdict("apply", best[0].asset_id)
        return Verdict("quarantine", problem="several")
    # A serial in common is never passed over in silence.
    if top >= DOUBT_FROM or len(same_serial) == 1:
        return Verdict("quarantine", problem="doubt")
    if not any(kind in OWN for kind, _value in reported):
        return Verdict("quarantine", problem="nothing_to_know_by")
    return Verdict("create")


def _is_alone(each: Weighing) -> bool:
    """Numbers of the firmware agree and nothing else does, not even a network card: makers give whole batches one.

    A serial and a UUID together are believed: a new card, a new disk and a new name leave them.
    """
    why = each.why
    both = why.get("serial", 0) > 0 and why.get("uuid", 0) > 0
    supported = both or any(why.get(kind, 0) > 0 for kind in ("name", "device", "confirmed"))
    return why.get("mac", 0) < 0 and not supported


def _is_contradicted(each: Weighing) -> bool:
    """Only the serial agrees, and something does not."""
    return min(each.why.values(), default=0) < 0 and {kind for kind, points in each.why.items() if points > 0} == {
        "serial"
    }


_LAPTOPS = frozenset(
    {"laptop", "notebook", "portable", "subnotebook", "convertible", "detachable", "handheld", "tablet", "netbook"}
)
_SERVERS = frozenset(
    {"rackmountchassis", "blade", "bladeenclosure", "mainserverchassis", "server", "multisystemchassis"}
)
_VIRTUAL_MAKERS = ("vmware", "qemu", "innotek", "xen", "red hat", "ovirt", "nutanix", "proxmox")
_ITEM_KINDS = {"Phone": "phone", "NetworkEquipment": "network", "Printer": "printer"}


def kind_of(content: Content) -> str:
    """The `Asset.Kind` that a report is about; empty: not known (an unmanaged thing seen on the network)."""
    if content.itemtype != "Computer":
        return _ITEM_KINDS.get(content.itemtype, "")
    chassis = re.sub(r"[^a-z]", "", content.chassis.lower())
    system = content.os_name.lower()
    if chassis in _SERVERS or "server" in system:
        return "server"
    if chassis in _LAPTOPS:
        return "laptop"
    virtual = content.manufacturer.lower().startswith(_VIRTUAL_MAKERS)
    return "server" if virtual and "windows" not in system else "office"
