"""From the rows of a report to a `Content`: where the three programs put the same thing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from parvis.portal.inventory.content import Content, Network, Program, Screen
from parvis.portal.inventory.wire import details, json_tree, limits, xml_tree
from parvis.portal.inventory.wire.drives import disks_of, encrypted
from parvis.portal.inventory.wire.messages import DEVICE_SIZE, ITEM_TYPES, form_of
from parvis.portal.inventory.wire.problems import Unreadable
from parvis.portal.inventory.wire.tree import ITSELF, Row, Scalar, Tree
from parvis.portal.inventory.wire.values import day, flag, number, text

MOST_NETWORKS = 60
MOST_SCREENS = 20
_NO_MAC = frozenset({"", "00:00:00:00:00:00"})


def read(body: bytes, *, client: str = "") -> Content:
    """A decompressed inventory. `client`: the program as its request named itself.

    Raises:
        Unreadable: it is none. Nothing else, whatever the bytes.
    """
    tree = xml_tree.read(body) if form_of(body) == "xml" else json_tree.read(body)
    device_id = text(tree.root.get("deviceid"), DEVICE_SIZE)
    if not tree.has_content:
        raise Unreadable("not_a_report")
    if not device_id:
        raise Unreadable("no_device")
    return _content(tree, device_id, client)


def _content(tree: Tree, device_id: str, client: str) -> Content:
    bios, hardware = _one(tree, "bios"), _one(tree, "hardware")
    system, device = _one(tree, "operatingsystem"), _one(tree, "network_device")
    drives = _rows(tree, "drives")
    size, free = disks_of(drives)
    antivirus, is_current = _antivirus(tree)
    return Content(
        device_id=device_id,
        client=text(client or _one(tree, "versionclient").get(ITSELF), 120),
        tag=_tag(tree),
        itemtype=_itemtype(tree),
        name=_first((hardware.get("name"), device.get("name"), system.get("fqdn")), 120),
        serial=_first((bios.get("ssn"), device.get("serial")), 100),
        board_serial=text(bios.get("msn"), 100),
        uuid=text(hardware.get("uuid"), 64),
        asset_tag=text(bios.get("assettag"), 100),
        manufacturer=_first((bios.get("smanufacturer"), device.get("manufacturer")), 80),
        model=_first((bios.get("smodel"), device.get("model")), 120),
        chassis=_first((hardware.get("chassis_type"), bios.get("type"), device.get("type")), 60),
        os_name=_first((system.get("full_name"), hardware.get("osname"), system.get("name")), 150),
        os_version=_first((system.get("version"), hardware.get("osversion"), system.get("kernel_version")), 80),
        processor=_processor(tree, hardware),
        memory_mb=number(hardware.get("memory")) or _memory(tree),
        disk_mb=size,
        disk_free_mb=free,
        encrypted=encrypted(drives),
        antivirus=antivirus,
        antivirus_current=is_current,
        battery_health=_battery_health(tree),
        last_user=_last_user(tree, hardware),
        networks=tuple(_networks(tree, device)),
        screens=tuple(_screens(tree)),
        programs=tuple(_programs(tree)),
        details=details.of(tree),
        partial=tree.root.get("partial") is True,
    )


def _rows(tree: Tree, section: str) -> list[Row]:
    return tree.sections.get(section, [])


def _one(tree: Tree, section: str) -> Row:
    rows = _rows(tree, section)
    return rows[0] if rows else {}


def _first(found: Iterable[Scalar | None], size: int) -> str:
    return next((plain for value in found if (plain := text(value, size))), "")


def _itemtype(tree: Tree) -> str:
    asked = text(tree.root.get("itemtype"), 20)
    return asked if asked in ITEM_TYPES else "Computer"


def _tag(tree: Tree) -> str:
    """GLPI-Agent's own, or the account information of the two others."""
    told = next((row.get("keyvalue") for row in _rows(tree, "accountinfo") if row.get("keyname") == "TAG"), None)
    return _first((tree.root.get("tag"), told), 100)


def _processor(tree: Tree, hardware: Row) -> str:
    cpu = _one(tree, "cpus")
    return _first((cpu.get("name"), cpu.get("type"), hardware.get("processort")), 150)


def _memory(tree: Tree) -> int | None:
    total = sum(number(row.get("capacity")) or 0 for row in _rows(tree, "memories"))
    return number(total) or None


def _last_user(tree: Tree, hardware: Row) -> str:
    last, user = hardware.get("lastloggeduser"), _one(tree, "users")
    if last == "wtmp":
        last = None  # the last line of `last`, where nobody has signed in yet
    return _first((last, user.get("login"), hardware.get("userid")), 120)


def _antivirus(tree: Tree) -> tuple[str, bool | None]:
    """The one that counts (switched on, then up to date) and whether it is both. OCS has it under another name."""
    centre = [row for row in _rows(tree, "securitycenter") if "virus" in text(row.get("category"), 40).lower()]
    found = []
    for row in [*_rows(tree, "antivirus"), *centre]:
        name = _first((row.get("name"), row.get("product")), 90)
        if name:
            on, fresh = flag(row.get("enabled")), flag(row.get("uptodate"))
            found.append((on is True, fresh is True, on, fresh, text(f"{name} {text(row.get('version'), 28)}", 120)))
    if not found:
        return "", None
    _on, _fresh, on, fresh, name = max(found, key=lambda each: each[:2])
    if on is False or fresh is False:
        return name, False
    return name, True if fresh else None


def _battery_health(tree: Tree) -> int | None:
    """Of the weakest one, in percent of what it was made with."""
    shares = []
    for row in _rows(tree, "batteries"):
        made, real = number(row.get("capacity")), number(row.get("real_capacity"))
        if made and real:
            shares.append(min(100, round(100 * real / made)))
    return min(shares, default=None)


def _networks(tree: Tree, device: Row) -> Iterator[Network]:
    """A card a line: agents send one per address."""
    cards: dict[tuple[str, str], tuple[set[str], bool]] = {}
    rows = [*_rows(tree, "networks"), *([{"mac": device["mac"], "description": "mgmt"}] if "mac" in device else [])]
    for row in rows:
        name = _first((row.get("description"), row.get("pnpdeviceid")), 80)
        mac = _first((row.get("mac"), row.get("macaddr")), 17).lower()
        addresses, virtual = cards.setdefault((name, mac), (set(), _is_virtual(row, mac)))
        told = (text(row.get(field), 45) for field in ("ipaddress", "ipaddress6"))
        addresses.update(each for each in told if each)
        cards[name, mac] = addresses, virtual
        if len(cards) > MOST_NETWORKS:
            break
    for (name, mac), (addresses, virtual) in list(cards.items())[:MOST_NETWORKS]:
        yield Network(name, mac, tuple(sorted(addresses)[:20]), virtual)


def _is_virtual(row: Row, mac: str) -> bool:
    kind = text(row.get("type"), 20).lower()
    return flag(row.get("virtualdev")) is True or kind in {"loopback", "bridge", "alias"} or mac in _NO_MAC


def _screens(tree: Tree) -> Iterator[Screen]:
    for row in _rows(tree, "monitors")[:MOST_SCREENS]:
        name = _first((row.get("caption"), row.get("name"), row.get("description")), 120)
        maker = text(row.get("manufacturer"), 80)
        serial = _first((row.get("serial"), row.get("altserial")), 100)
        if name or serial:
            yield Screen(name, maker, serial)


def _programs(tree: Tree) -> Iterator[Program]:
    """Each once."""
    seen: set[tuple[str, str, str]] = set()
    for row in _rows(tree, "softwares")[: limits.MOST_PROGRAMS]:
        name, version = text(row.get("name"), 200), text(row.get("version"), 100)
        publisher = text(row.get("publisher"), 120)
        key = (name, version, publisher)
        if name and key not in seen:
            seen.add(key)
            yield Program(*key, day(row.get("install_date")) or day(row.get("installdate")))
