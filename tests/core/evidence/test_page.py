"""What a page says, and which pages say nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leeway.core.evidence.page import MAX_SERIES, PageRefused, read_labels, read_page
from tests.core.evidence.pages import ROWS, buckets, page

WHOLE = page(12, bins={"0": 7, "missing": 5})
MANY = "".join(f'leeway_model_x_total{{a="{n}"}} 1\n' for n in range(MAX_SERIES + 1))


def test_the_counters_of_a_page() -> None:
    read = read_page(WHOLE)
    assert (read.started, read.version, read.profile) == (1000.0, "loan-1", "0a1b2c3d")
    assert read.counters[ROWS] == 12
    labels = [read_labels(series) for series in read.counters if "feature" in series]
    assert [(one["feature"], one["bin"]) for one in labels] == [("income", "0"), ("income", "missing")]
    assert len(read.counters) == 3


def test_the_buckets_of_the_latency_are_counters() -> None:
    counters = read_page(page(3, more=buckets(1, 2, 3))).counters
    assert [count for series, count in counters.items() if "_bucket{" in series] == [1, 2, 3]


REFUSED = {
    "nothing": (b"", "last line"),
    "HTML": (b"<html><body>Bad gateway</body></html>\n", "last line"),
    "cut within a line": (WHOLE[:-30], "last line"),
    "cut at the end of a line": (WHOLE[: WHOLE.rindex(b"# EOF")], "last line"),
    "the older text format": (page(1, end=""), "last line"),
    "something behind the end": (WHOLE + b"leeway_model_rows_total 1\n", "last line"),
    "no text": (b"\x1f\x8b\x08\x00" + WHOLE, "not UTF-8"),
    "a page of another program": (b"up 1\n# EOF\n", "no server of Leeway"),
    "NaN": (page("NaN"), "not a whole number"),
    "an infinity": (page("+Inf"), "not a whole number"),
    "a negative count": (page("-3"), "not a whole number"),
    "a fraction": (page("1.5"), "not a whole number"),
    "an exponent": (page("1e3"), "not a whole number"),
    "more than any count": (page("9" * 400), "not a whole number"),
    "no number": (page("many"), "not a whole number"),
    "a time stamp behind the value": (page("3 1700000000"), "more than one value"),
    "a series twice": (page(1, more=f"{ROWS} 1\n"), "twice"),
    "a series without labels": (page(1, more="leeway_model_rows_total 1\n"), "no labels"),
    "two starts": (
        page(1, more='leeway_model_process_start_time_seconds{model="a"} 1\n'),
        "2 series",
    ),
    "a start that is no time": (page(1, started="NaN"), "no time"),
    "a start before all times": (page(1, started=-5), "no time"),
    "a start that is text": (page(1, started="today"), "no time"),
    "too many series": (page(1, more=MANY), "more than 20000 series"),
    "a bucket that counts less than the one before": (
        page(1, more=buckets(5, 4, 9)),
        "counts 5 requests up to 0.1 s",
    ),
    "buckets without an end": (page(1, more=buckets(5, 6)), "no bucket up to"),
    "a bucket of nothing": (page(1, more=buckets(5).replace("0.1", "low")), "no edge"),
    "half a request": (page(1, more=buckets(5, 6, 7.5)), "not a whole number"),
    "labels without an end": (
        b'leeway_model_process_start_time_seconds{model="a" 1\n# EOF\n',
        "no labels",
    ),
    "labels that are none": (
        b"leeway_model_process_start_time_seconds{model=a} 1\n# EOF\n",
        "cannot be read",
    ),
    "a label too few": (
        b'leeway_model_process_start_time_seconds{model="a"} 1\n# EOF\n',
        "lacks the label version",
    ),
}


@pytest.mark.parametrize(("content", "says"), REFUSED.values(), ids=list(REFUSED))
def test_a_page_that_says_nothing(content: bytes, says: str) -> None:
    with pytest.raises(PageRefused, match=says):
        read_page(content)


@pytest.mark.parametrize("cut", range(0, len(WHOLE) - 1, 7))
def test_a_page_that_is_cut_anywhere_says_nothing(cut: int) -> None:
    with pytest.raises(PageRefused):
        read_page(WHOLE[:cut])


@given(st.binary(max_size=400))
def test_no_bytes_do_more_harm_than_to_be_refused(content: bytes) -> None:
    with pytest.raises(PageRefused):
        read_page(content + b"\n# EOF\n")


@given(
    st.text(max_size=30).filter(lambda text: "\r" not in text),
    st.sampled_from(["0", "missing"]),
)
def test_labels_are_read_as_they_were_written(feature: str, name: str) -> None:
    escaped = feature.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
    series = f'leeway_model_feature_bin_total{{feature="{escaped}",bin="{name}"}}'
    assert read_labels(series) == {"feature": feature, "bin": name}
