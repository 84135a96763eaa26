"""Times, columns and lines of a frame."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta


def duration(time: timedelta) -> str:
    """Return a time in its two largest units, e.g. 75 seconds as 1m15s; never below 0s."""
    minutes, seconds = divmod(max(0, int(time.total_seconds())), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days}d{hours}h"
    if hours:
        return f"{hours}h{minutes}m"
    return f"{minutes}m{seconds}s" if minutes else f"{seconds}s"


def in_columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return each row as a line, its cells below each other; all rows have as many cells."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]


def clipped(line: str, width: int) -> str:
    """Return the line, its end replaced by three dots where it is too long."""
    return line if len(line) <= width else f"{line[: max(0, width - 3)]}..."[:width]


def bar(percent: int, cells: int) -> str:
    """Return a bar of so many cells, filled to that percentage; anything above zero fills one at least."""
    filled = max(round(cells * percent / 100), min(1, percent))
    return "█" * filled + "░" * (cells - filled)
