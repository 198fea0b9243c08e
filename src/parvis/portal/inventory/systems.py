"""Until when the maker of an operating system mends its faults. Pure; dates from the makers' life cycle pages."""

from __future__ import annotations

import re
from datetime import date

_WINDOWS_11 = {
    22000: (date(2023, 10, 10), date(2024, 10, 8)),
    22621: (date(2024, 10, 8), date(2025, 10, 14)),
    22631: (date(2025, 11, 11), date(2026, 11, 10)),
    26100: (date(2026, 10, 13), date(2027, 10, 12)),
    26200: (date(2027, 10, 12), date(2028, 10, 10)),
}
"""Build → end for Home and Pro, end for Enterprise and Education."""

_ENDS: tuple[tuple[str, date], ...] = (
    (r"windows (?:xp|vista|2000)", date(2017, 4, 11)),
    (r"windows 7\b", date(2020, 1, 14)),
    (r"windows 8(?:\.1)?\b", date(2023, 1, 10)),
    (r"windows 10\b.*(?:ltsc|ltsb).*2019|windows 10\b.*2019.*(?:ltsc|ltsb)", date(2029, 1, 9)),
    (r"windows 10\b.*(?:ltsc|ltsb).*2021|windows 10\b.*2021.*(?:ltsc|ltsb)", date(2027, 1, 12)),
    (r"windows 10\b", date(2025, 10, 14)),
    (r"windows server.* 2003", date(2015, 7, 14)),
    (r"windows server.* 2008", date(2020, 1, 14)),
    (r"windows server.* 2012", date(2023, 10, 10)),
    (r"windows server.* 2016", date(2027, 1, 12)),
    (r"windows server.* 2019", date(2029, 1, 9)),
    (r"windows server.* 2022", date(2031, 10, 14)),
    (r"windows server.* 2025", date(2034, 10, 10)),
    (r"debian\D{0,12}[1-9](?!\d)", date(2022, 6, 30)),
    (r"debian\D{0,12}10(?!\d)", date(2024, 6, 30)),
    (r"debian\D{0,12}11(?!\d)", date(2026, 8, 31)),
    (r"debian\D{0,12}12(?!\d)", date(2028, 6, 30)),
    (r"debian\D{0,12}13(?!\d)", date(2030, 6, 30)),
    (r"ubuntu.*\b(?:14\.04|16\.04|18\.04)", date(2023, 5, 31)),
    (r"ubuntu.*\b20\.04", date(2025, 5, 31)),
    (r"ubuntu.*\b22\.04", date(2027, 4, 30)),
    (r"ubuntu.*\b24\.04", date(2029, 4, 30)),
    (r"centos.*\b7\b", date(2024, 6, 30)),
    (r"centos.*\b8\b", date(2021, 12, 31)),
    (r"(?:rocky|alma|red hat).*\b8(?:\.|\b)", date(2029, 5, 31)),
    (r"(?:rocky|alma|red hat).*\b9(?:\.|\b)", date(2032, 5, 31)),
    (r"mac ?os.*\b(?:10|11)\.", date(2023, 9, 26)),
    (r"mac ?os.*\b12\b", date(2024, 9, 16)),
    (r"mac ?os.*\b13\b", date(2025, 9, 15)),
)  # fmt: skip
_TABLE = tuple((re.compile(pattern), ends) for pattern, ends in _ENDS)
_BUILD = re.compile(r"10\.0\.(\d{5})")
_LONGER = re.compile(r"entreprise|enterprise|éducation|education")


def ends_date(name: str, version: str) -> date | None:
    """The last day of security updates of a system as probes name it; None: not known.

    >>> ends_date("Microsoft Windows 10 Professionnel", "10.0.19045")
    datetime.date(2025, 10, 14)
    """
    text = f"{name} {version}".lower()
    if "windows 11" in text:
        found = _BUILD.search(version)
        ends = _WINDOWS_11.get(int(found[1])) if found else None
        return ends[bool(_LONGER.search(text))] if ends else None
    text = text.replace("gnu/linux", "")
    return next((ends for pattern, ends in _TABLE if pattern.search(text)), None)
