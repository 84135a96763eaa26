"""Series are written as the page reader reads them."""

from __future__ import annotations

import pytest

from leeway.cli.play.series import make_series
from leeway.core.evidence.page import read_labels

LABELS = {
    "none": {},
    "plain": {"model": "loan", "bin": "0"},
    "a quote": {"feature": 'the "income"'},
    "a backslash before an n": {"feature": r"a\new"},
    "a line end": {"feature": "two\nlines"},
    "a comma and a brace": {"feature": "a,b}"},
}


@pytest.mark.parametrize("labels", LABELS.values(), ids=LABELS)
def test_labels_are_read_as_they_were_given(labels: dict[str, str]) -> None:
    assert read_labels(make_series("leeway_model_rows_total", labels)) == labels
