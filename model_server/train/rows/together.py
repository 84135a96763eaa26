"""Looking at all columns before refusing any, so that one run tells everything that is wrong with them."""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from model_server.contract.outcome import InputRefused

One = TypeVar("One")
Made = TypeVar("Made")
MAX_LENGTH = 900  # of a sentence: a condition's message takes 1024


def each(items: Iterable[One], make: Callable[[One], Made]) -> list[Made]:
    """Return what `make` makes of each item, or raise one InputRefused that tells of all it has refused."""
    made, refused = [], []
    for item in items:
        try:
            made.append(make(item))
        except InputRefused as refusal:
            refused.append(refusal)
    if refused:
        raise together(refused)
    return made


def together(refused: Sequence[InputRefused]) -> InputRefused:
    """Return the refusals as one, with the reason of the first; what is too long is only counted."""
    if len(refused) == 1:
        return refused[0]
    told = f"{len(refused)} columns are refused"
    for place, refusal in enumerate(refused):
        if len(told) + len(refusal.message) > MAX_LENGTH:
            return InputRefused(refused[0].reason, f"{told}; and {len(refused) - place} more")
        told += f"{';' if place else ':'} ({place + 1}) {refusal.message}"
    return InputRefused(refused[0].reason, told)
