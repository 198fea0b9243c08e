"""One browser without a screen: pages, forms, cookies. What a page does not offer cannot be done."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import httpx

_SECONDS = 60.0


class Unexpected(Exception):
    """The page is not the one this person waited for."""


@dataclass
class Form:
    """A form as it stands: its fields with their values."""

    action: str
    method: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    """Every field, those without a value too."""


class _Reader(HTMLParser):
    """Forms and links."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[str] = []
        self._form: Form | None = None
        self._select = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if tag == "form":
            self._form = Form(given.get("action", ""), given.get("method", "get").lower())
            self.forms.append(self._form)
        elif self._form is not None and given.get("name"):
            self._field(tag, given)
        elif tag == "option" and self._select and "selected" in given and self._form is not None:
            self._form.fields.append((self._select, given.get("value", "")))

    def _field(self, tag: str, given: dict[str, str]) -> None:
        assert self._form is not None
        name = given["name"]
        if tag == "select":
            self._select = name
        elif tag == "textarea":
            self._form.fields.append((name, ""))
        elif tag == "input" and given.get("type") in ("checkbox", "radio"):
            if "checked" in given:
                self._form.fields.append((name, given.get("value", "on")))
        elif tag == "input" and given.get("type") not in ("submit", "button", "image", "file"):
            self._form.fields.append((name, given.get("value", "")))
        self._form.names.add(name)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = ""


@dataclass
class Page:
    """What came back."""

    url: str
    status: int
    text: str
    forms: list[Form]
    links: list[str]

    @property
    def path(self) -> str:
        """Where one is."""
        return urlsplit(self.url).path

    @property
    def heading(self) -> str:
        """What the page says it is, and what it complains of: for the message of a failure."""
        found = re.search(r"<h1[^>]*>(.*?)</h1>", self.text, re.S)
        said = re.findall(r'class="(?:alert|invalid-feedback|errorlist)[^"]*"[^>]*>(.*?)</(?:div|ul)>', self.text, re.S)
        words = [found[1] if found else "", *said]
        return " | ".join(" ".join(re.sub(r"<[^>]+>", " ", each).split()) for each in words)[:400]

    def said_in(self, name: str) -> str:
        """The text of the element with this id; tags in it are left out.

        Raises:
            Unexpected: there is none.
        """
        found = re.search(rf'<(\w+)[^>]* id="{re.escape(name)}"[^>]*>(.*?)</\1>', self.text, re.S)
        if found is None:
            raise Unexpected(f"no {name!r} at {self.path} ({self.status}): {self.heading}")
        return html.unescape(re.sub(r"<[^>]+>", "", found[2]))

    def form(self, name: str) -> Form:
        """The form that has this field, or goes to this address.

        Raises:
            Unexpected: there is none.
        """
        for each in self.forms:
            if name in each.names or (name.startswith("/") and each.action.startswith(name)):
                return each
        raise Unexpected(f"no {name!r} at {self.path} ({self.status}): {self.heading}")


class Browser:
    """Cookies kept, redirections followed, the address of a home line of its own."""

    def __init__(self, url: str, address: str) -> None:
        self.url = url
        headers = {"X-Forwarded-For": address, "Accept-Language": "fr", "User-Agent": "Mozilla/5.0 Firefox/140.0"}
        self._http = httpx.Client(headers=headers, follow_redirects=True, timeout=_SECONDS, trust_env=False)
        self.requests = 0

    def close(self) -> None:
        """Forget everything."""
        self._http.close()

    def get(self, path: str) -> Page:
        """Open a page.

        Raises:
            Unexpected: it is an error page.
        """
        return self._read(self._http.get(urljoin(self.url, path)))

    def download(self, path: str) -> int:
        """How many bytes are behind an address."""
        self.requests += 1
        return len(self._http.get(urljoin(self.url, path)).raise_for_status().content)

    def submit(self, page: Page, form: Form, **answers: str | list[str]) -> Page:
        """Send a form with these answers in it.

        Raises:
            Unexpected: an answer has no field in the form, or an error page came.
        """
        unknown = set(answers) - form.names
        if unknown:
            raise Unexpected(f"no field {sorted(unknown)} at {page.path}")
        data: dict[str, str | list[str]] = {}
        for name, value in form.fields:
            before = data.get(name, [])
            data[name] = [*([before] if isinstance(before, str) else before), value]
        data.update(answers)
        target = urljoin(page.url, form.action or page.url)
        headers = {"Referer": page.url, "Origin": self.url}
        if form.method == "get":
            return self._read(self._http.get(target, params=data))
        return self._read(self._http.post(target, data=data, headers=headers))

    def post_json(self, path: str, token: str, body: object) -> dict[str, object]:
        """A call of a page's own script.

        Raises:
            httpx.HTTPStatusError: refused.
        """
        self.requests += 1
        headers = {"X-CSRFToken": token, "Referer": self.url, "Origin": self.url, "Accept": "application/json"}
        answer = self._http.post(urljoin(self.url, path), json=body, headers=headers).raise_for_status()
        return dict(answer.json()) if answer.content else {}

    def _read(self, response: httpx.Response) -> Page:
        self.requests += 1
        reader = _Reader()
        reader.feed(response.text)
        page = Page(
            str(response.url), response.status_code, response.text, reader.forms, reader.links
        )  # fmt: skip
        if response.status_code >= 400:
            raise Unexpected(f"{response.status_code} at {page.path}: {page.heading}")
        return page
