"""The benchmark of rollbacks, without a cluster: it finds the very answer from which the evidence suffices."""

from __future__ import annotations

import random

from leeway.api.gates import Gate
from leeway.core.evidence.profile import SCORE, Column, Profile
from tests.bench.rollback.sufficient import Answer, Case, first_sufficient, is_fail

ROWS = 4000
GATE = Gate.model_validate({"metric": "DataDrift", "threshold": "0.2", "onFail": "Rollback"})


def profile(unit: int = 1) -> Profile:
    """Incomes from 0 to 100, evenly; debts in one bin."""
    edges = tuple(float(10 * place * unit) for place in range(1, 10))
    places = tuple(map(str, range(10)))
    income = Column(
        "income",
        (*places, "missing", "other"),
        (ROWS // 10,) * 10 + (0, 0),
        1.0,
        edges,
        limits=(0.0, 100.0 * unit),
    )
    debt = Column(
        "debt", ("0", "1", "missing", "other"), (ROWS // 2,) * 2 + (0, 0), 0.1, (50.0,), limits=(0.0, 100.0)
    )
    return Profile(f"{unit:064d}", ROWS, (income, debt), Column(SCORE, places, (ROWS // 10,) * 10))


def answers(number: int) -> list[Answer]:
    rng = random.Random(7)
    versions = ("good", "other")
    rows = [(rng.randrange(100), rng.randrange(100)) for _ in range(number)]
    return [Answer(float(place), versions[place % 2], row) for place, row in enumerate(rows)]


def case(unit: int) -> Case:
    profiles = {"good": profile(), "other": profile(unit)}
    return Case("other", "good", profiles, GATE, "0.01", weight=0.5)


def test_the_answer_is_found_from_which_a_column_in_another_unit_is_proven() -> None:
    sent, asked = answers(4000), case(unit=100)
    enough = first_sufficient(asked, sent)
    assert enough is not None
    assert is_fail(asked, sent[:enough])
    assert not is_fail(asked, sent[: enough - 1])


def test_a_twin_is_never_proven_bad() -> None:
    assert first_sufficient(case(unit=1), answers(2000)) is None
