"""Logs for machines: one JSON object per line on standard error, never a request's body."""

import logging
import sys
from datetime import UTC, datetime
from typing import Any

import orjson

PLAIN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message", "taskName"}


class JsonFormatter(logging.Formatter):
    """A log record as one line of JSON: time, level, logger, message, and what `extra` adds."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line.update({key: value for key, value in vars(record).items() if key not in PLAIN})
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return orjson.dumps(line, default=str, option=orjson.OPT_NON_STR_KEYS).decode()


def configure_logs(log_level: str) -> None:
    """Send every logger's records of at least this level to standard error as JSON lines."""
    out = logging.StreamHandler(sys.stderr)
    out.setFormatter(JsonFormatter())
    # uvicorn and warnings log through the root too, so that each line of the pod's log is one object.
    logging.root.handlers[:] = [out]
    logging.root.setLevel(log_level)
    logging.captureWarnings(capture=True)
