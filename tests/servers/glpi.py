"""A contract fake of GLPI's REST API: what `apirest.md` of GLPI documents, and no more. It is not GLPI.

GLPI itself (PHP, a database, an installer) does not run here. Written from the documentation: initSession and
killSession, App-Token and user token, sessions, `range` and `Content-Range`, 206 for a part, expand_dropdowns (names,
`&nbsp;` for nothing, `&#62;` in full names), errors as a list of two, ERROR_RANGE_EXCEED_TOTAL past the end. From its
source (`API::getItems`, `API::parseDropdowns`), not its documentation: `sort` is a column, and `items_id` is expanded
too, to the item's name.

with glpi() as server:
    server.items["Computer"] = [computer(1, name="PC-1")]
    Connection(url=server.url, …)
"""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

APP, USER = "app-token-of-tests", "user-token-of-tests"


@dataclass
class Glpi:
    """A running one, and what is in it."""

    url: str = ""
    items: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    entities: list[dict[str, Any]] = field(default_factory=list)
    sessions: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    """Paths, in order."""
    no_right: set[str] = field(default_factory=set)
    """Types of item the profile may not read."""
    ends_after: int = 0
    """Answers of items after which the session has ended (once); 0: never."""
    told_more: int = 0
    """How many items more than there are `Content-Range` speaks of."""
    below_root: bool = False
    """The account sees some entities, not the topmost one; in its usual one there is the first item only."""
    all_open: bool = False
    redirect: str = ""
    opened: int = 0


def computer(pk: int, **values: Any) -> dict[str, Any]:
    """A computer as `GET Computer/?expand_dropdowns=true&get_hateoas=false` tells it."""
    return {
        "id": pk, "entities_id": "Root entity", "name": f"GLPI-{pk:04d}", "serial": f"SN{pk:06d}", "otherserial": None,
        "contact": None, "contact_num": None, "users_id_tech": "&nbsp;", "comment": "", "locations_id": "&nbsp;",
        "networks_id": 0, "computermodels_id": "OptiPlex 7010", "computertypes_id": "Desktop", "is_template": 0,
        "is_deleted": 0, "manufacturers_id": "Dell Inc.", "users_id": "&nbsp;", "groups_id": "&nbsp;",
        "states_id": "En service", "ticket_tco": "0.0000", "uuid": "", **values,
    }  # fmt: skip


@contextlib.contextmanager
def glpi() -> Iterator[Glpi]:
    """One on a loopback port of its own."""
    state = Glpi()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            _answer(self, state)

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")
            _answer(self, state, body)

        def log_message(self, format: str, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{server.server_port}/apirest.php"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


def _answer(request: BaseHTTPRequestHandler, state: Glpi, body: dict[str, Any] | None = None) -> None:
    parts = urlsplit(request.path)
    state.asked.append(parts.path)
    what = parts.path.removeprefix("/apirest.php/").strip("/")
    if state.redirect:
        request.send_response(302)
        request.send_header("Location", state.redirect)
        request.send_header("Content-Length", "0")
        request.end_headers()
        return
    if request.headers.get("App-Token") != APP:
        _send(request, 400, ["ERROR_WRONG_APP_TOKEN_PARAMETER", "le paramètre app_token semble incorrect"])
    elif what == "initSession":
        _enter(request, state)
    elif request.headers.get("Session-Token") not in state.sessions:
        _send(request, 401, ["ERROR_SESSION_TOKEN_INVALID", "session_token semble incorrect"])
    elif what == "killSession":
        state.sessions.discard(request.headers["Session-Token"])
        _send(request, 200, None)
    elif what == "getMyEntities":
        _send(request, 200, {"myentities": state.entities})
    elif what == "changeActiveEntities":
        _open_entities(request, state, body or {})
    else:
        _items(request, state, what, parse_qs(parts.query))


def _open_entities(request: BaseHTTPRequestHandler, state: Glpi, body: dict[str, Any]) -> None:
    # As GLPI's source has it: any text, « all » too, is the number 0, the topmost entity; nothing said means all.
    if "entities_id" in body and state.below_root:
        _send(request, 400, ["ERROR", "Bad Request"])
        return
    state.all_open = True
    _send(request, 200, True)


def _enter(request: BaseHTTPRequestHandler, state: Glpi) -> None:
    if request.headers.get("Authorization") != f"user_token {USER}":
        _send(request, 401, ["ERROR_GLPI_LOGIN_USER_TOKEN", "Le paramètre user_token semble incorrect"])
        return
    state.opened += 1
    token = f"session-{state.opened}"
    state.sessions.add(token)
    _send(request, 200, {"session_token": token})


def _items(request: BaseHTTPRequestHandler, state: Glpi, what: str, query: dict[str, list[str]]) -> None:
    if what in state.no_right:
        _send(request, 403, ["ERROR_RIGHT_MISSING", "Vous ne possédez pas les droits requis pour cette action."])
        return
    if state.ends_after and sum(path.endswith(what) for path in state.asked) > state.ends_after:
        state.ends_after = 0
        state.sessions.clear()
        _send(request, 401, ["ERROR_SESSION_TOKEN_INVALID", "session_token semble incorrect"])
        return
    sort = query.get("sort", ["id"])[0]
    if sort not in {"id", "name", "date_mod"}:
        _send(request, 400, ["ERROR", f"sort param is not a field of glpi_{what.lower()}s"])
        return
    rows = state.items.get(what, [])
    first, _, last = query.get("range", ["0-50"])[0].partition("-")
    if int(first) >= len(rows) and int(first) > 0:
        _send(request, 400, ["ERROR_RANGE_EXCEED_TOTAL", "La plage fournie dépasse le nombre total d’éléments"])
        return
    if state.below_root and not state.all_open:
        rows = rows[:1]
    page = rows[int(first) : int(last) + 1]
    if query.get("expand_dropdowns") == ["true"]:
        page = [_expanded(state, row) for row in page]
    total = len(rows) + state.told_more
    headers = {"Content-Range": f"{first}-{int(first) + max(len(page) - 1, 0)}/{total}", "Accept-Range": f"{what} 990"}
    _send(request, 200 if len(page) == len(rows) else 206, page, headers)


def _expanded(state: Glpi, row: dict[str, Any]) -> dict[str, Any]:
    """Keys of financial rows as words; other rows are written as words in tests."""
    kinds = {"items_id": row.get("itemtype", ""), "suppliers_id": "Supplier"}
    for key, kind in kinds.items():
        if isinstance(row.get(key), int):
            names = {each.get("id"): each["name"] for each in state.items.get(kind, [])}
            row = {**row, key: names.get(row[key], "")}
    return row


def _send(request: BaseHTTPRequestHandler, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
    raw = json.dumps(body).encode() if body is not None else b""
    request.send_response(status)
    request.send_header("Content-Type", "application/json; charset=UTF-8")
    request.send_header("Content-Length", str(len(raw)))
    for name, value in (headers or {}).items():
        request.send_header(name, value)
    request.end_headers()
    request.wfile.write(raw)
