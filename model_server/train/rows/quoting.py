"""What a message may quote of a file: the column names of a table, and nothing of what is no table.

A uri may name a page that its reader may see and the reader of the message may not; a line of it must not come back.
"""

import re
from collections.abc import Sequence

# What people name columns; a line of JSON, YAML, HTML or of settings has other characters.
COLUMN_NAME = re.compile(r"[\w .()%°€$£/+-]{1,64}")


def are_columns(names: Sequence[str]) -> bool:
    """Return whether these look like the names of columns: several, and of ordinary characters."""
    return len(names) > 1 and all(COLUMN_NAME.fullmatch(name) for name in names)


def columns_shown(names: Sequence[str]) -> str:
    """Return the columns as a message may name them, or only how many there are."""
    if are_columns(names):
        return f"columns: {listed(names)}"
    return f"{len(names)} columns, of which at least one has an odd name; none is shown"


def listed(names: Sequence[str], limit: int = 20) -> str:
    """Return the first names, and how many more there are."""
    more = f", and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(names[:limit]) + more
