"""Names of series, written as the server writes them on its metrics page."""

from __future__ import annotations

from collections.abc import Mapping

from leeway.core.evidence.page import Series

_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})


def make_series(name: str, labels: Mapping[str, str]) -> Series:
    """Return the series as the page has it, labels in the order given."""
    written = ",".join(f'{label}="{value.translate(_ESCAPES)}"' for label, value in labels.items())
    return f"{name}{{{written}}}"
