"""In the child: one reading of everybody, its time and the most memory it took beyond what was loaded before."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

FILTER = "(objectClass=inetOrgPerson)"
ATTRIBUTES = [
    *("entryUUID", "givenName", "sn", "mail", "title", "employeeNumber", "telephoneNumber", "roomNumber"),
    *("physicalDeliveryOfficeName", "departmentNumber", "ou", "pwdAccountLockedTime"),
]
PAGE = 500


def raw(uri: str, _ca_pem: str) -> int:
    """python-ldap and nothing else."""
    import ldap
    from ldap.controls.libldap import SimplePagedResultsControl

    from tests.servers.slapd import READER, READER_PASSWORD, SUFFIX

    link = ldap.initialize(uri)
    link.simple_bind_s(READER, READER_PASSWORD)
    control, count = SimplePagedResultsControl(True, size=PAGE, cookie=""), 0
    while True:
        message = link.search_ext(f"ou=agents,{SUFFIX}", ldap.SCOPE_SUBTREE, FILTER, ATTRIBUTES, serverctrls=[control])
        _kind, found, _id, controls = link.result3(message)
        count += len(found)
        control.cookie = controls[0].cookie
        if not control.cookie:
            return count


def reader(uri: str, ca_pem: str) -> int:
    """What a run reads."""
    from datetime import date

    from parvis.portal.sources.ldap.reader import LdapReader
    from parvis.portal.sources.ldap.schema import from_stored
    from tests.servers.slapd import READER, READER_PASSWORD, SUFFIX

    stored = {"servers": uri, "base_dn": f"ou=agents,{SUFFIX}", "bind_dn": READER, "page_size": PAGE, "ca_pem": ca_pem}
    return sum(1 for _ in LdapReader(from_stored(stored, READER_PASSWORD), today=date(2026, 11, 22)).read())


def peak_mb() -> float:
    """Most memory this program ever had, in MB (`ru_maxrss` would count its parent's too)."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def main(way: str, uri: str, ca: str) -> None:
    import django

    django.setup()
    for module in ("ldap.controls.libldap", "parvis.portal.sources.ldap.reader", "tests.servers.slapd"):
        import_module(module)
    read: Callable[[str, str], int] = raw if way == "raw" else reader
    ca_pem = Path(ca).read_text()
    before, began = peak_mb(), time.perf_counter()
    entries = read(uri, ca_pem)
    seconds = time.perf_counter() - began
    print(json.dumps({"entries": entries, "seconds": seconds, "peak_mb": peak_mb() - before}))


if __name__ == "__main__":
    main(*sys.argv[1:])
