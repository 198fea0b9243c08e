"""JSON logs, one object per line, each with the correlation id; secrets are cut out before they are written."""

from __future__ import annotations

import re
from typing import Any

import structlog
from structlog.typing import EventDict, Processor

from parvis.portal.kernel import context

SECRET_KEYS = frozenset({"password", "ticket", "token", "secret", "authorization", "cookie", "csrf", "code"})
_TICKET = re.compile(r"parvis(?:room)?1\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_TOKEN = re.compile(r"parvis_[A-Za-z0-9_-]{20,}")
_ADDRESS = re.compile(
    r"(/(?:reunions/(?:invitation|agenda|salle/(?:invite|public))|salles/calendrier|presence/agenda|parc/sondes)/)"
    r"[A-Za-z0-9_-]{20,}"
)
"""Addresses that are keys: Django names the address of whatever it refuses."""


def add_correlation(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Put the request's correlation id in the line."""
    if correlation := context.correlation.get():
        event.setdefault("correlation", correlation)
    return event


def redact(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Cut secrets out, by key and by shape, however deep they lie."""
    for key, value in event.items():
        event[key] = _redacted(key, value)
    return event


def _redacted(key: object, value: Any) -> Any:
    if str(key).lower() in SECRET_KEYS:
        return "[cut]"
    if isinstance(value, str):
        return _ADDRESS.sub(r"\1[key]", _TOKEN.sub("[token]", _TICKET.sub("[ticket]", value)))
    if isinstance(value, dict):
        return {inner: _redacted(inner, each) for inner, each in value.items()}
    if isinstance(value, list | tuple | set):
        return [_redacted("", each) for each in value]
    return value


SHARED: list[Processor] = [
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.PositionalArgumentsFormatter(),
    structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
    structlog.processors.format_exc_info,
    add_correlation,
    redact,
]


def configuration(level: str) -> dict[str, Any]:
    """Python's `logging` configuration; structlog's own loggers go the same way."""
    structlog.configure(
        processors=[*SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": SHARED,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.JSONRenderer(ensure_ascii=False),
                ],
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["stderr"], "level": level.upper()},
        "loggers": {
            "django.server": {"propagate": True, "handlers": []},
            "uvicorn.access": {"level": "WARNING"},
            "httpx": {"level": "WARNING"},
            "fontTools": {"level": "WARNING"},
        },
    }
