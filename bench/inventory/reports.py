"""Reports of fictional computers, as large as real ones: 900 programs, 300 kB of XML, 25 kB compressed."""

from __future__ import annotations

import zlib

PROGRAMS = 900
_WORDS = (
    "gestion", "serveur", "client", "outil", "police", "pilote", "langue", "module", "support", "réseau", "image",
    "son", "texte", "clavier",
)  # fmt: skip


def xml(number: int, *, day: int = 0, programs: int = PROGRAMS) -> str:
    """The report of one computer. On another `day` two programs in a hundred have another version."""
    rows = "".join(_program(number, index, day) for index in range(programs))
    serial, mac = f"BANC{number:06d}", ":".join(f"{(0x3C5282000000 + number) >> shift & 255:02X}" for shift in _SHIFTS)
    uuid = f"4C4C4544-{number // 65536:04X}-{number % 65536:04X}-8052-B4C04F564D32"
    address = f"10.1.{number // 250 % 250}.{number % 250}"
    return f"""<?xml version="1.0" encoding="UTF-8" ?>
<REQUEST><CONTENT>
<BIOS><ASSETTAG></ASSETTAG><BDATE>01/01/2025</BDATE><SMANUFACTURER>HP</SMANUFACTURER><SMODEL>ProBook 450</SMODEL>
<SSN>{serial}</SSN></BIOS>
<CPUS><CORE>4</CORE><MANUFACTURER>Intel</MANUFACTURER><NAME>Core i5</NAME><SPEED>2400</SPEED><TYPE>Core i5</TYPE></CPUS>
<DRIVES><FILESYSTEM>NTFS</FILESYSTEM><FREE>{200_000 - day}</FREE><LETTER>C:</LETTER><TOTAL>475000</TOTAL>
<TYPE>Local Disk</TYPE></DRIVES>
<HARDWARE><CHASSIS_TYPE>Notebook</CHASSIS_TYPE><CHECKSUM>131071</CHECKSUM><IPADDR>{address}</IPADDR>
<LASTLOGGEDUSER>agent{number}</LASTLOGGEDUSER><MEMORY>16384</MEMORY><NAME>PC-BANC-{number:05d}</NAME>
<OSNAME>Microsoft Windows 11 Professionnel</OSNAME><OSVERSION>10.0.22631</OSVERSION><UUID>{uuid}</UUID></HARDWARE>
<NETWORKS><DESCRIPTION>Ethernet</DESCRIPTION><IPADDRESS>{address}</IPADDRESS>
<MACADDR>{mac}</MACADDR><STATUS>Up</STATUS><TYPE>ethernet</TYPE></NETWORKS>
{rows}
<VERSIONCLIENT>FusionInventory-Agent_v2.6-3</VERSIONCLIENT>
</CONTENT><DEVICEID>PC-BANC-{number:05d}-2026-01-05-08-30-00</DEVICEID><QUERY>INVENTORY</QUERY></REQUEST>
"""


def compressed(number: int, *, day: int = 0, programs: int = PROGRAMS) -> bytes:
    """As sent."""
    return zlib.compress(xml(number, day=day, programs=programs).encode())


_SHIFTS = (40, 32, 24, 16, 8, 0)


def _program(computer: int, index: int, day: int) -> str:
    # Nine programs in ten are on every computer, as in a parc installed from one image.
    own = index if index % 10 else index + computer % 50 * 1000
    changed = day if own % 50 == 0 else 0
    word, other = _WORDS[own % 14], _WORDS[own * 7 % 14]
    return (
        f"<SOFTWARES><ARCH>x86_64</ARCH><COMMENTS>Programme de {word} et de {other}, numéro {own}</COMMENTS>"
        f"<FILESIZE>{own * 7919 % 90_000_000}</FILESIZE><FROM>registry</FROM><INSTALLDATE>12/03/2026</INSTALLDATE>"
        f"<NAME>Logiciel de {word} {own}</NAME><PUBLISHER>Éditeur {own % 60}</PUBLISHER>"
        f"<VERSION>{own % 9}.{own % 7}.{changed}</VERSION></SOFTWARES>\n"
    )
