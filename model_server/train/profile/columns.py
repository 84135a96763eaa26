"""Which columns the reference profile counts: not those that drift by nature, and the most important ones first."""

from collections.abc import Mapping, Sequence

from model_server.contract.manifest import ProfileColumns
from model_server.contract.profile import LeftOut
from model_server.train.prepare.matrices import Prepared

MAX_COLUMNS = 100
EXCLUDED = "spec.evaluation.profile.exclude lists it"


def why_not_counted(prepared: Prepared, wanted: ProfileColumns) -> dict[str, str]:
    """Return, by name, why a column is left out before anything is known of its importance."""
    natural = {name: reason for name, reason in prepared.nature.items() if name not in wanted.include}
    return natural | dict.fromkeys(wanted.exclude, EXCLUDED)


def most_important(
    places: Sequence[int], importance: Mapping[int, float], first: Sequence[int] = ()
) -> list[int]:
    """Return at most MAX_COLUMNS of the places, by falling importance, then in their order; `first` are among them."""
    ordered = sorted(places, key=lambda place: -importance.get(place, 0.0))
    kept = sorted(ordered, key=lambda place: place not in first)[:MAX_COLUMNS]
    return [place for place in ordered if place in kept]


def left_out(prepared: Prepared, reasons: Mapping[str, str], counted: Sequence[int]) -> tuple[LeftOut, ...]:
    """Return the columns that are not counted, in their order, each with the reason."""
    less = f"{MAX_COLUMNS} columns are more important"
    chosen = set(counted)
    return tuple(
        LeftOut(name=feature.name, reason=reasons.get(feature.name, less))
        for place, feature in enumerate(prepared.features)
        if place not in chosen
    )
