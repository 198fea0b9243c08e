"""A session with a GLPI: entered with its tokens, left whatever happens; pages of items, one after another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Any
from urllib.parse import urlencode

from parvis.portal.imports.glpi.transport import Answer, GlpiFailed, ask

PAGE = 200
"""Items asked at once."""
MOST_PAGES = 500

ERRORS = {
    "ERROR_GLPI_LOGIN_USER_TOKEN": "user_token",
    "ERROR_GLPI_LOGIN": "user_token",
    "ERROR_LOGIN_PARAMETERS_MISSING": "user_token",
    "ERROR_WRONG_APP_TOKEN_PARAMETER": "app_token",
    "ERROR_APP_TOKEN_PARAMETERS_MISSING": "app_token",
    "ERROR_NOT_ALLOWED_IP": "address_refused",
    "ERROR_SESSION_TOKEN_INVALID": "session",
    "ERROR_SESSION_TOKEN_MISSING": "session",
    "ERROR_RIGHT_MISSING": "right",
    "ERROR_ITEM_NOT_FOUND": "not_glpi",
    "ERROR_METHOD_NOT_ALLOWED": "not_glpi",
    "ERROR_API_DISABLED": "api_disabled",
    "ERROR_RANGE_EXCEED_TOTAL": "past_end",
    "ERROR_SQL": "glpi_broken",
}
"""GLPI's words for what went wrong (apirest.md, « Errors ») → ours."""


class Session:
    """`with Session(url, app_token, user_token) as glpi: …`

    Raises:
        GlpiFailed: it cannot be entered.
    """

    def __init__(self, url: str, app_token: str, user_token: str) -> None:
        self.url = url.rstrip("/")
        self._app, self._user, self._session = app_token, user_token, ""

    def __enter__(self) -> Session:
        self._enter()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        try:
            self._get("killSession")
        except GlpiFailed:
            return  # it ends by itself

    def _enter(self) -> None:
        self._session = ""
        answer = self._get("initSession", Authorization=f"user_token {self._user}")
        token = answer.json.get("session_token") if isinstance(answer.json, dict) else None
        if not isinstance(token, str) or not token or not token.isprintable() or len(token) > 300:
            raise GlpiFailed("not_glpi", f"HTTP {answer.status}")
        self._session = token

    def entities(self) -> list[str]:
        """The full names of the entities this account may see."""
        answer = self._get("getMyEntities", {"is_recursive": "true"})
        found = answer.json.get("myentities", []) if isinstance(answer.json, dict) else []
        names = [str(each.get("completename") or each.get("name") or "") for each in found if isinstance(each, dict)]
        return [name for name in names if name]

    def open_all_entities(self) -> None:
        """Items of every entity are wanted, not those of the account's usual one only."""
        # No `entities_id`: that means all. The word « all » GLPI reads as 0, the topmost, which not every account sees.
        body = {"is_recursive": True}
        try:
            _judge(ask(f"{self.url}/changeActiveEntities", headers=self._headers(), body=body))
        except GlpiFailed as problem:
            if problem.code not in {"right", "glpi_error", "not_glpi"}:
                raise

    def count(self, item_type: str) -> int:
        """How many items of this type there are."""
        try:
            answer = self._page(item_type, 0, 0, {})
        except GlpiFailed as problem:
            if problem.code == "past_end":
                return 0
            raise
        return answer.total if answer.total is not None else len(answer.json or [])

    def items(self, item_type: str, **options: str) -> Iterator[dict[str, Any]]:
        """All items of a type, page by page, dropdowns as words.

        Raises:
            GlpiFailed: `short` if fewer came than GLPI said there are: half a parc is no parc.
        """
        start, told = 0, None
        for _page in range(MOST_PAGES):
            try:
                answer = self._page(item_type, start, start + PAGE - 1, options)
            except GlpiFailed as problem:
                if problem.code != "past_end":
                    raise
                break  # GLPI says so of a type without items, and of a page just past the last
            rows = answer.json if isinstance(answer.json, list) else []
            told = answer.total if answer.total is not None else told
            yield from (row for row in rows if isinstance(row, dict))
            start += len(rows)
            if not rows or (told is not None and start >= told) or (told is None and len(rows) < PAGE):
                break
        if told is not None and start < told:
            raise GlpiFailed("short", f"{item_type}: {start} / {told}")

    def _page(self, item_type: str, first: int, last: int, options: Mapping[str, str]) -> Answer:
        # `sort` is a column here, not the number of a search option: GLPI answers 400 to a number.
        query = {
            "range": f"{first}-{last}", "expand_dropdowns": "true", "get_hateoas": "false", "sort": "id",
            "order": "ASC", **options,
        }  # fmt: skip
        try:
            return self._get(item_type, query)
        except GlpiFailed as problem:
            if problem.code != "session":
                raise
        self._enter()  # it had ended by itself: once more
        self.open_all_entities()
        return self._get(item_type, query)

    def _headers(self) -> dict[str, str]:
        headers = {"Session-Token": self._session} if self._session else {}
        return {**headers, **({"App-Token": self._app} if self._app else {})}

    def _get(self, what: str, query: Mapping[str, str] | None = None, **headers: str) -> Answer:
        tail = f"?{urlencode(query)}" if query else ""
        return _judge(ask(f"{self.url}/{what}{tail}", headers={**self._headers(), **headers}))


def _judge(answer: Answer) -> Answer:
    if answer.status in {200, 206}:
        return answer
    said = answer.json
    # GLPI answers an error as a list of two: its code, and words in the account's language.
    code = str(said[0]) if isinstance(said, list) and said else ""
    words = str(said[1]) if isinstance(said, list) and len(said) > 1 else ""
    usual = {401: "user_token", 403: "right", 404: "not_glpi"}.get(answer.status, "glpi_error")
    raise GlpiFailed(ERRORS.get(code, usual), f"HTTP {answer.status} {code} {words}".strip())
