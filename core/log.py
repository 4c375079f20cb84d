"""Structured logs: one JSON object a line, carrying the trace id that follows one photo from upload to task."""

import logging
import sys
from typing import Literal, cast

import structlog
from structlog.contextvars import bind_contextvars, bound_contextvars

__all__ = ["bind_contextvars", "bound_contextvars", "configure", "get_logger"]


_PROCESSORS: list[structlog.typing.Processor] = []
"""One list for ever: a logger that was used before the second `configure` holds on to the list it knows."""


def configure(form: Literal["json", "console"], level: str = "INFO") -> None:
    """Send our log lines and those of the libraries to standard error in one form."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if form == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    _PROCESSORS[:] = [*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter]
    structlog.configure(
        processors=_PROCESSORS,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    before: list[structlog.typing.Processor] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta]
    if form == "json":
        before.append(cast("structlog.typing.Processor", structlog.processors.format_exc_info))
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=[*before, renderer]))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    logging.getLogger("alembic").setLevel("WARNING")  # it announces every context it makes


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """Return the logger of a module."""
    return cast("structlog.stdlib.BoundLogger", structlog.get_logger(name))
