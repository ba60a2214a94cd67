"""Logging: facts as `noun.past_verb` with fields, to standard error; JSON in production, readable in development."""

import logging
import sys

import structlog

INVALID = ("Invalid HTTP request", "Invalid UTF-8", "Unsupported upgrade")
"""What uvicorn says of bytes that are no HTTP or no WebSocket."""


def configure(*, production: bool, level: int = logging.INFO) -> None:
    """Set structlog up, once per process. The standard library's loggers (uvicorn, asyncio) come out the same way."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
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
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer]
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    # What a client may send at any time is counted, and answered; a line of log each would be a weapon.
    logging.getLogger("uvicorn.error").addFilter(lambda record: not str(record.msg).startswith(INVALID))
    logging.getLogger("asyncpg.pool").setLevel(logging.ERROR)  # what it warns of is told by our own events
