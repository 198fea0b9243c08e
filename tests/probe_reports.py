"""Inventories as the three probes write them, of fictional machines, for tests: the shapes are the real ones."""

from __future__ import annotations

import json
from typing import Any

DEVICE = "PC-MAIRIE-042-2026-03-02-08-15-30"
SERIAL = "FICTIF042"
UUID = "4c4c4544-0042-4d10-8054-b7c04f423042"
MAC = "02:42:ac:10:00:2a"


def xml_request(query: str, content: str = "", *, device: str = DEVICE, head: str = "") -> str:
    """A message of FusionInventory or OCS."""
    begins = head or '<?xml version="1.0" encoding="UTF-8" ?>'
    inside = f"<CONTENT>{content}</CONTENT>" if content else ""
    return f"{begins}\n<REQUEST>\n{inside}<DEVICEID>{device}</DEVICEID>\n<QUERY>{query}</QUERY>\n</REQUEST>\n"


def programs_xml(count: int) -> str:
    """As many programs."""
    return "".join(
        f"<SOFTWARES><ARCH>x86_64</ARCH><NAME>Logiciel {number}</NAME><PUBLISHER>Éditeur {number % 7}</PUBLISHER>"
        f"<VERSION>{number % 9}.{number % 5}.2</VERSION></SOFTWARES>"
        for number in range(count)
    )


def fusion(
    name: str = "PC-MAIRIE-042", *, device: str = DEVICE, serial: str = SERIAL, programs: int = 3, more: str = ""
) -> str:
    """A full report of FusionInventory 2.6 on Windows."""
    return xml_request(
        "INVENTORY",
        f"""
<ACCESSLOG><LOGDATE>2026-11-20 08:12:44</LOGDATE></ACCESSLOG>
<ACCOUNTINFO><KEYNAME>TAG</KEYNAME><KEYVALUE>MAIRIE</KEYVALUE></ACCOUNTINFO>
<ANTIVIRUS><COMPANY>Éditeur</COMPANY><ENABLED>0</ENABLED><NAME>Ancien Antivirus</NAME><UPTODATE>0</UPTODATE></ANTIVIRUS>
<ANTIVIRUS><ENABLED>1</ENABLED><NAME>Bouclier</NAME><UPTODATE>1</UPTODATE><VERSION>7.2</VERSION></ANTIVIRUS>
<BATTERIES><CAPACITY>50000</CAPACITY><CHEMISTRY>LiP</CHEMISTRY><NAME>BAT0</NAME><REAL_CAPACITY>41000</REAL_CAPACITY>
</BATTERIES>
<BIOS><ASSETTAG>INV-042</ASSETTAG><MSN>CARTE042</MSN><SMANUFACTURER>Fabricant SA</SMANUFACTURER>
<SMODEL>Portable 14 G9</SMODEL><SSN>{serial}</SSN></BIOS>
<CPUS><CORE>4</CORE><NAME>Processeur 7 @ 2.80GHz</NAME><SPEED>2800</SPEED></CPUS>
<DRIVES><ENCRYPT_STATUS>Yes</ENCRYPT_STATUS><FILESYSTEM>NTFS</FILESYSTEM><FREE>120000</FREE><LETTER>C:</LETTER>
<SYSTEMDRIVE>1</SYSTEMDRIVE><TOTAL>475000</TOTAL><TYPE>Local Disk</TYPE></DRIVES>
<DRIVES><FREE>10</FREE><LETTER>E:</LETTER><TOTAL>15000</TOTAL><TYPE>Removable Disk</TYPE></DRIVES>
<HARDWARE><CHASSIS_TYPE>Notebook</CHASSIS_TYPE><LASTLOGGEDUSER>claire.legoff</LASTLOGGEDUSER><MEMORY>16384</MEMORY>
<NAME>{name}</NAME><OSNAME>Microsoft Windows 11 Professionnel</OSNAME><OSVERSION>10.0.22631</OSVERSION>
<UUID>{UUID}</UUID><WORKGROUP>RIVEMARINE</WORKGROUP></HARDWARE>
<MONITORS><BASE64>AP///////wA=</BASE64><CAPTION>Écran 24</CAPTION><MANUFACTURER>Dalle SA</MANUFACTURER>
<SERIAL>ECR0042</SERIAL></MONITORS>
<NETWORKS><DESCRIPTION>Ethernet</DESCRIPTION><IPADDRESS>10.20.0.42</IPADDRESS><MACADDR>{MAC}</MACADDR>
<STATUS>Up</STATUS><TYPE>ethernet</TYPE><VIRTUALDEV>0</VIRTUALDEV></NETWORKS>
<NETWORKS><DESCRIPTION>Ethernet</DESCRIPTION><IPADDRESS6>fd00::42</IPADDRESS6><MACADDR>{MAC}</MACADDR>
<VIRTUALDEV>0</VIRTUALDEV></NETWORKS>
<NETWORKS><DESCRIPTION>lo</DESCRIPTION><IPADDRESS>127.0.0.1</IPADDRESS><MACADDR>00:00:00:00:00:00</MACADDR>
<TYPE>loopback</TYPE><VIRTUALDEV>1</VIRTUALDEV></NETWORKS>
<OPERATINGSYSTEM><FULL_NAME>Microsoft Windows 11 Professionnel</FULL_NAME><KERNEL_NAME>MSWin32</KERNEL_NAME>
<TIMEZONE><NAME>Europe/Paris</NAME><OFFSET>+0100</OFFSET></TIMEZONE><VERSION>23H2</VERSION></OPERATINGSYSTEM>
<PROCESSES><CMD>secret --password=motdepasse</CMD><USER>root</USER></PROCESSES>
<SOFTWARES><INSTALLDATE>14/03/2026</INSTALLDATE><NAME>Suite bureautique</NAME><PUBLISHER>Éditeur</PUBLISHER>
<VERSION>25.2</VERSION></SOFTWARES>
{programs_xml(programs)}
<VERSIONCLIENT>FusionInventory-Agent_v2.6-3</VERSIONCLIENT>
{more}
""",
        device=device,
    )


def ocs(name: str = "PC-ECOLE-007", *, device: str = "PC-ECOLE-007-2026-01-05-09-00-00") -> str:
    """A full report of OCS 2.10 on Linux, with the French letters of a Windows machine's neighbour."""
    return xml_request(
        "INVENTORY",
        f"""
<ACCOUNTINFO><KEYNAME>TAG</KEYNAME><KEYVALUE>ECOLE</KEYVALUE></ACCOUNTINFO>
<BIOS><SMANUFACTURER>Fabricant SA</SMANUFACTURER><SMODEL>Tour 3000</SMODEL><SSN>ECOLE007</SSN>
<TYPE>Desktop</TYPE></BIOS>
<CPUS><CORES>2</CORES><CPUARCH>x86_64</CPUARCH><TYPE>Processeur 3</TYPE></CPUS>
<DRIVES><FILESYSTEM>ext4</FILESYSTEM><FREE>73898</FREE><TOTAL>258019</TOTAL><TYPE>/</TYPE><VOLUMN>/dev/sda1</VOLUMN>
</DRIVES>
<DRIVES><FILESYSTEM>nfs4</FILESYSTEM><FREE>1</FREE><TOTAL>900000</TOTAL><TYPE>/home</TYPE><VOLUMN>nas:/home</VOLUMN>
</DRIVES>
<HARDWARE><MEMORY>8192</MEMORY><NAME>{name}</NAME><OSCOMMENTS>Debian</OSCOMMENTS><OSNAME>Debian GNU/Linux 12</OSNAME>
<OSVERSION>12</OSVERSION><PROCESSORT>Processeur 3</PROCESSORT><USERID>élève</USERID></HARDWARE>
<NETWORKS><DESCRIPTION>eth0</DESCRIPTION><IPADDRESS>10.30.0.7</IPADDRESS><MACADDR>02:42:ac:1e:00:07</MACADDR>
<TYPE>ethernet</TYPE></NETWORKS>
<SECURITYCENTER><CATEGORY>AntiVirus</CATEGORY><ENABLED>1</ENABLED><PRODUCT>Garde</PRODUCT><UPTODATE>0</UPTODATE>
</SECURITYCENTER>
<SOFTWARES><INSTALLDATE>2025/04/20 00:00:00</INSTALLDATE><NAME>adduser</NAME><VERSION>3.134</VERSION></SOFTWARES>
<STORAGES><DISKSIZE>274877.906944</DISKSIZE><NAME>sda</NAME><TYPE>disk</TYPE></STORAGES>
""",
        device=device,
    )


def glpi(**root: Any) -> dict[str, Any]:
    """A full report of GLPI-Agent 1.12, as the published schema has it; `root` replaces or adds at the root."""
    return {
        "action": "inventory",
        "deviceid": "PC-CCAS-011-2026-02-10-10-00-00",
        "itemtype": "Computer",
        "tag": "CCAS",
        "content": {
            "antivirus": [{"name": "Bouclier", "enabled": True, "uptodate": True, "version": "7.2"}],
            "batteries": [{"name": "BAT0", "capacity": 40000, "real_capacity": 20000}],
            "bios": {"smanufacturer": "Fabricant SA", "smodel": "Portable 13", "ssn": "CCAS011", "msn": "CARTE011"},
            "cpus": [{"arch": "x86_64", "core": 8, "name": "Processeur 9", "speed": 3200}],
            "drives": [
                {
                    "letter": "C:", "systemdrive": True, "filesystem": "NTFS", "total": 237000, "free": 42000,
                    "encrypt_status": "No",
                }
            ],
            "hardware": {
                "chassis_type": "Laptop", "lastloggeduser": "mathieu.riou", "memory": 32768, "name": "PC-CCAS-011",
                "uuid": "4c4c4544-0011-4d10-8054-b7c04f423011",
            },
            "monitors": [{"caption": "Écran 27", "manufacturer": "Dalle SA", "serial": "ECR0011"}],
            "networks": [
                {
                    "description": "Wi-Fi", "ipaddress": "10.40.0.11", "mac": "02:42:ac:28:00:0b", "status": "up",
                    "type": "wifi", "virtualdev": False,
                }
            ],
            "operatingsystem": {"full_name": "Microsoft Windows 11 Professionnel", "version": "24H2"},
            "softwares": [
                {"name": "Navigateur", "version": "128.4", "publisher": "Éditeur", "install_date": "2026-10-01"}
            ],
            "storages": [{"model": "Disque X", "disksize": 244198, "serial": "SSD011"}],
            "users": [{"login": "mathieu.riou", "domain": "RIVEMARINE"}],
            "versionclient": "GLPI-Agent_v1.12",
        },
        **root,
    }  # fmt: skip


def glpi_bytes(**root: Any) -> bytes:
    """The same, as sent."""
    return json.dumps(glpi(**root), ensure_ascii=False).encode()


CONTACT: dict[str, Any] = {
    "action": "contact",
    "deviceid": "PC-CCAS-011-2026-02-10-10-00-00",
    "enabled-tasks": ["inventory"],
    "installed-tasks": ["inventory", "remoteinventory"],
    "name": "GLPI-Agent",
    "version": "1.12",
    "tag": "CCAS",
}
