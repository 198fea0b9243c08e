"""Pure: what people write in a cell, understood. Dates, prices, kinds, situations, addresses.

Every function takes the cell's text and raises ValueError where it means nothing, or could mean two things: a line
is rejected rather than guessed.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from parvis.portal.ui.search import fold

YEARS = range(1970, 2100)
_NOTHING = frozenset({"", "-", "–", "—", "n/a", "na", "null", "none", "néant", "&nbsp;", "0000-00-00", "non renseigné"})
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def text(cell: str) -> str:
    """The words of a cell: HTML entities (GLPI) and the apostrophe our own export puts before a formula undone."""
    plain = html.unescape(cell) if "&" in cell else cell
    if plain.startswith("'") and plain[1:].lstrip().startswith(_DANGEROUS):
        plain = plain[1:]
    plain = "".join(char if char.isprintable() or char in "\n\t" else " " for char in plain)
    return "" if plain.strip().lower() in _NOTHING else plain.strip()


def line(cell: str) -> str:
    """The same on one line, with single spaces."""
    return " ".join(text(cell).split())


def key(value: object) -> str:
    """What a match compares of a tag, a serial or a name: neither case nor spaces. Empty for nothing."""
    return "".join(str(value or "").split()).lower()


# Dates

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "janvier jan january janv", "fevrier fev february feb fevr", "mars mar march", "avril avr april apr",
            "mai may", "juin june jun", "juillet juil july jul", "aout august aug", "septembre sept september sep",
            "octobre oct october", "novembre nov november", "decembre dec december",
        ),
        1,
    )
    for name in names.split()
}  # fmt: skip
_FORMS = ("%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%d/%m/%y", "%d-%m-%y", "%Y/%m/%d", "%Y%m%d")
_CLOCK = re.compile(r"[T ]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?\Z")
_WORDED = re.compile(r"\A(?:[a-z]+\.? )?(\d{1,2})(?:er)? ([a-z]+)\.? (\d{4})\Z")


def day(cell: str) -> date:
    """`2026-11-23`, `23/11/2026`, `23.11.26`, `1er mars 2024`, with or without a time after. Day before month."""
    plain = _CLOCK.sub("", text(cell)).strip()
    for form in _FORMS:
        try:
            found = datetime.strptime(plain, form).date()  # noqa: DTZ007 (a day, not an instant)
        except ValueError:
            continue
        return _plausible(found)
    worded = _WORDED.match(" ".join(fold(plain).split()))
    if worded and worded[2] in _MONTHS:
        return _plausible(date(int(worded[3]), _MONTHS[worded[2]], int(worded[1])))
    raise ValueError("not a date")


def _plausible(found: date) -> date:
    if found.year not in YEARS:
        raise ValueError("not a plausible year")
    return found


def months(cell: str) -> int:
    """A duration: `36`, `36 mois`, `3 ans`."""
    found = re.match(r"\A(\d{1,3})\s*(mois|months?|ans?|years?)?\Z", fold(text(cell)))
    if not found:
        raise ValueError("not a duration")
    count = int(found[1]) * (12 if found[2] and found[2][0] in "ay" else 1)
    if count > 240:
        raise ValueError("too long")
    return count


def after_months(start: date, count: int) -> date:
    """That many months later, on the last day of a shorter month if need be."""
    year, month = divmod(start.year * 12 + start.month - 1 + count, 12)
    for last in (start.day, 30, 29, 28):
        try:
            return date(year, month + 1, last)
        except ValueError:
            continue
    raise ValueError("no such day")


# Prices

_MONEY = re.compile(r"\A\d+(?:[.,]\d+)?\Z")
_GROUPED = {
    re.compile(r"\A\d{1,3}(?:\.\d{3})+,\d{1,4}\Z"): (".", ","),
    re.compile(r"\A\d{1,3}(?:,\d{3})+\.\d{1,4}\Z"): (",", "."),
    re.compile(r"\A\d{1,3}(?:\.\d{3}){2,}\Z"): (".", ","),
    re.compile(r"\A\d{1,3}(?:,\d{3}){2,}\Z"): (",", "."),
}
_THREE = re.compile(r"\A[1-9]\d{0,2}[.,]\d{3}\Z")


def money(cell: str) -> Decimal:
    """Euros: `1 234,50 €`, `1.234,50`, `1,234.50`, `1234.5`. `1.234` is refused: it could be either."""
    plain = re.sub(r"(?i)€|eur(?:os?)?|ttc", "", text(cell))
    plain = re.sub(r"[\s\u00a0\u202f']", "", plain)
    for form, (group, comma) in _GROUPED.items():
        if form.match(plain):
            plain = plain.replace(group, "").replace(comma, ".")
            break
    else:
        if not _MONEY.match(plain) or _THREE.match(plain):
            raise ValueError("not an amount")
    try:
        amount = Decimal(plain.replace(",", ".")).quantize(Decimal("0.01"))
    except InvalidOperation:
        raise ValueError("not an amount") from None
    if amount >= 10**8:
        raise ValueError("too large")
    return amount


# Kinds


@dataclass(frozen=True, slots=True)
class KindSaid:
    """A kind of asset. `loose`: the word says no more than « a computer », so any kind of computer answers to it."""

    kind: str
    loose: bool = False


KINDS: dict[str, str] = {
    "office": (
        "poste de bureau|poste fixe|fixe|desktop|bureau|tour|tower|mini tower|micro tour|uc|unite centrale|all in one"
        "|all-in-one|tout en un|low profile desktop|mini pc|space-saving|station de travail|workstation"
    ),
    "laptop": "portable|ordinateur portable|pc portable|laptop|notebook|ultraportable|sub notebook|convertible",
    "server": "serveur|server|rack mount chassis|blade|serveurs|main server chassis|machine virtuelle|vm",
    "admin": "poste d'administration|administration",
    "school": "poste scolaire|poste d'ecole|scolaire",
    "screen": "ecran|ecrans|moniteur|moniteurs|monitor|monitors|screen|display|displays",
    "phone": "telephone mobile|mobile|smartphone|telephone portable|gsm|cell phone|mobile phone|smartphones|phone",
    "desk_phone": "telephone fixe|telephone|telephones|poste telephonique|telephone ip|ip phone|desk phone|voip",
    "tablet": "tablette|tablettes|tablet|tablets|ipad",
    "printer": "imprimante|imprimantes|printer|printers|multifonction|copieur|mfp|traceur",
    "network": (
        "equipement reseau|reseau|switch|commutateur|routeur|router|borne wifi|point d'acces|access point|pare-feu"
        "|firewall|network|networking|network equipment|materiel reseau|materiels reseau"
    ),
    "sim": "carte sim|sim|ligne|ligne mobile|sim card",
    "badge": "badge|badges|carte d'acces",
    "accessory": (
        "accessoire|accessoires|peripherique|peripheriques|peripheral|device|devices|souris|clavier|casque|docking"
        "|station d'accueil|dock|webcam|sacoche|keyboard|mouse|headset|scanner|videoprojecteur|onduleur|adaptateur"
    ),
}  # fmt: skip
_KIND_OF = {name: kind for kind, names in KINDS.items() for name in (kind.replace("_", " "), *names.split("|"))}
_LOOSE = frozenset({"ordinateur", "ordinateurs", "computer", "computers", "pc", "poste", "poste de travail"})


def kind(cell: str) -> KindSaid:
    """`Portable`, `Notebook`, `Écran`, `Moniteur`, `Ordinateur`…"""
    word = _word(cell)
    if word in _LOOSE:
        return KindSaid("office", loose=True)
    found = _KIND_OF.get(word) or _KIND_OF.get(word.removesuffix("s"))
    if found is None:
        raise ValueError("unknown kind")
    return KindSaid(found)


STATES: dict[str, str] = {
    "ordered": "commande|en commande|a recevoir|ordered|pending|en attente de livraison|en livraison",
    "stock": "en stock|stock|disponible|en reserve|reserve|available|ready to deploy|deployable|a affecter|neuf|spare",
    "deployed": (
        "en service|en production|production|deploye|deployed|actif|active|en fonction|utilise|affecte|in use"
        "|in production|installe|en fonctionnement|service|en pret"
    ),
    "repair": (
        "en reparation|reparation|en panne|panne|sav|en sav|repair|in repair|out for repair|out for diagnostics"
        "|maintenance|en maintenance|hors service temporaire"
    ),
    "lost": "perdu|vole|perdu ou vole|perdu/vole|lost|stolen|lost/stolen|introuvable|disparu",
    "retired": (
        "retire du service|retire|reforme|a reformer|hors service|hs|retired|archived|archive|au rebut|obsolete"
        "|a recycler|broken|broken - not fixable|broken - not fixable (archived)|casse|undeployable"
    ),
    "disposed": "sorti du parc|sorti|cede|vendu|donne|detruit|recycle|mis au rebut|rebut|disposed|sold|donated|don",
}
_STATE_OF = {name: state for state, names in STATES.items() for name in (state, *names.split("|"))}


def state(cell: str) -> str:
    """`En stock`, `Réformé`, `Ready to Deploy`… A state of GLPI is read by its full name, then by its last part."""
    word = _word(cell)
    for each in (word, word.rpartition(">")[2].strip()):
        # Words of both genders, one or several: « réformée », « commandés ».
        one = each.removesuffix("s")
        found = next((_STATE_OF[way] for way in (each, one, one.removesuffix("e")) if way in _STATE_OF), None)
        if found:
            return found
    raise ValueError("unknown state")


def _word(cell: str) -> str:
    return " ".join(fold(text(cell)).replace("_", " ").split())


# Serials

_NO_SERIAL = frozenset(
    fold(each)
    for each in (
        "To Be Filled By O.E.M.", "To be filled by OEM", "System Serial Number", "Default string", "Not Specified",
        "None", "N/A", "0123456789", "123456789", "1234567890", "Unknown", "Inconnu", "Chassis Serial Number",
        "Not Applicable", "Not Available", "INVALID", "XXXXXXXXXX", "OEM", "aucun", "sans",
    )
)  # fmt: skip


def serial(cell: str) -> str:
    """Empty where a maker wrote something that many machines share."""
    plain = line(cell)
    return "" if fold(plain) in _NO_SERIAL or not plain.strip("0.-_ ") else plain
