"""Tables and code of Markdown, out of which no text of a user breaks."""

from collections.abc import Iterable


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a Markdown table; cells cannot break out of it."""
    names = tuple(head)
    lines = [names, ("---",) * len(names), *(tuple(cell(one) for one in row) for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def cell(text: str) -> str:
    """Return the text on one line without column marks."""
    return " ".join(str(text).replace("|", "\\|").split())


def code(text: object) -> str:
    """Return the text as code."""
    return f"`{str(text).replace('`', '')}`"


def percent(share: float) -> str:
    """Return a share as people read it."""
    return f"{100 * share:.3g} %"
