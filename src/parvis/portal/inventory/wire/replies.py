"""Answers in the language and the compression of the question: agents read no other.

OCS takes compressed answers only; FusionInventory and GLPI-Agent take what the header truthfully says.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from xml.sax.saxutils import escape

from parvis.portal.inventory.wire.body import Packing, pack
from parvis.portal.inventory.wire.messages import Message
from parvis.portal.inventory.wire.tree import Form

SPEAKS_AS = "11.0.0"
"""The release of GLPI whose protocol this is: GLPI-Agent asks before it sends an inventory in JSON."""

NOT_DONE_HERE = ["collect", "deploy", "esx", "netdiscovery", "netinventory", "remoteinventory", "wakeonlan"]

_TYPES: dict[Packing, str] = {"zlib": "application/x-compress-zlib", "gzip": "application/x-compress-gzip"}


@dataclass(frozen=True, slots=True)
class Reply:
    """Ready to send."""

    body: bytes
    content_type: str


def answer(message: Message, *, hours: int, is_glpi: bool) -> Reply:
    """What a message that was taken is answered. `hours`: until this device's next report.

    `is_glpi`: the request came with GLPI-Agent's header; answering JSON to its first question makes it speak JSON.
    """
    if message.form == "json" or (message.wish == "prolog" and is_glpi):
        return _json(_json_answer(message, hours), message.packing)
    if message.wish == "prolog":
        return _xml(f"<PROLOG_FREQ>{hours}</PROLOG_FREQ><RESPONSE>SEND</RESPONSE>", message.packing)
    return _xml("<RESPONSE>NO_ACCOUNT_UPDATE</RESPONSE>", message.packing)


def refusal(words: str, *, form: Form, packing: Packing, hours: int = 24) -> Reply:
    """Why not, in words for the probe's log."""
    if form == "json":
        return _json({"status": "error", "message": words, "expiration": hours}, packing)
    return _xml(f"<ERROR>{escape(words)}</ERROR>", packing)


def nothing_to_do() -> Reply:
    """To a question for tasks (`getConfig`): none."""
    return _json({"configValidityPeriod": 86400, "schedule": []}, "none")


def _json_answer(message: Message, hours: int) -> dict[str, object]:
    said: dict[str, object] = {"status": "ok", "expiration": hours}
    if message.wish == "contact":
        said["tasks"] = {"inventory": {"server": "glpi", "version": SPEAKS_AS}}
        said["disabled"] = NOT_DONE_HERE
    return said


def _json(said: dict[str, object], packing: Packing) -> Reply:
    text = json.dumps(said, ensure_ascii=False).encode()
    return Reply(pack(text, packing), _TYPES.get(packing, "application/json"))


def _xml(said: str, packing: Packing) -> Reply:
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<REPLY>{said}</REPLY>\n'.encode()
    return Reply(pack(text, packing), _TYPES.get(packing, "application/xml"))
