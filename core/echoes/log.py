"""Logging: an event is a noun, a dot and a verb in the past tense, with fields, to standard error; JSON in production, readable in development."""

import json
import logging
import sys
from typing import TextIO, cast

import structlog

from echoes.correlation import add_correlation

INVALID = ("Invalid HTTP request", "Invalid UTF-8", "Unsupported upgrade")
"""First words of uvicorn's log messages about bytes that are no HTTP or no WebSocket."""


class _Unfailing:
    """A stream that never fails: a line without room (a full disk, a reader that is gone) is lost, and a later line reports the loss."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lost = 0
        self._reason = ""

    def write(self, text: str) -> None:
        """Write and flush, or lose the text."""
        report = (
            json.dumps({"event": "log.lines_lost", "level": "warning", "lines": self._lost, "reason": self._reason}) + "\n"
            if self._lost
            else ""
        )
        try:
            self._stream.write(report + text)
            self._stream.flush()
        except (OSError, ValueError) as error:
            self._lost += text.count("\n")
            self._reason = str(error)
        else:
            self._lost = 0

    def flush(self) -> None:
        """Nothing is kept back."""


def configure(*, production: bool, level: int = logging.INFO) -> None:
    """Set structlog up, once per process. The standard library's loggers (uvicorn, asyncio) come out the same way."""
    stream = cast("TextIO", _Unfailing(sys.stderr))
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        cast("structlog.typing.Processor", add_correlation),
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if production
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)
    )
    structlog.configure(
        processors=[*shared, structlog.processors.format_exc_info, renderer] if production else [*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(stream),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer]
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    # Frames that a client may send at any time are counted and answered; a log line for each would be a weapon.
    logging.getLogger("uvicorn.error").addFilter(lambda record: not str(record.msg).startswith(INVALID))
    logging.getLogger("asyncpg.pool").setLevel(logging.ERROR)  # the server's own events report the same
