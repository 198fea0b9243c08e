"""JSON logs with a correlation id, and a redaction filter that no secret gets past by mistake."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

_SECRET_KEY = re.compile(r"ticket|password|passwd|secret|token|authoriz|proxy_auth|cookie|payload|pdu", re.IGNORECASE)
_TICKET = re.compile(r"parvis(?:room)?1\.[A-Za-z0-9_.-]+")
_BEARER = re.compile(r"(?i)bearer\s+\S+")


def redact(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Structlog processor: hide values under telling names, tickets anywhere, and all raw bytes."""
    for key, value in event.items():
        event[key] = "[hidden]" if _SECRET_KEY.search(key) and key != "event" else _clean(value)
    return event


def configure(stream: Any = None) -> None:
    """Send this process's logs, ours and the libraries', to `stream` (stderr) as JSON lines."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        structlog.processors.format_exc_info,
        redact,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                redact,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for noisy in ("httpx", "httpcore", "asyncio", "aiofastnet"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """A logger to bind the correlation id to."""
    logger: structlog.stdlib.BoundLogger = structlog.get_logger(name)
    return logger


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return _BEARER.sub("Bearer [hidden]", _TICKET.sub("[ticket]", value))
    if isinstance(value, bytes | bytearray | memoryview):
        return f"[{len(value)} bytes]"
    if isinstance(value, dict):
        return {key: "[hidden]" if _SECRET_KEY.search(str(key)) else _clean(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(item) for item in value]
    return value
