"""Metrics pages as a server writes them."""

from __future__ import annotations

from collections.abc import Mapping

COMMON = 'model="loan",version="{version}",profile="{profile}"'


def page(
    rows: int | str = 0,
    *,
    started: object = 1000.0,
    version: str = "loan-1",
    profile: str = "0a1b2c3d",
    bins: Mapping[str, int] | None = None,
    more: str = "",
    end: str = "# EOF\n",
) -> bytes:
    """A page with so many answered rows, and bins of the feature `income`."""
    common = COMMON.format(version=version, profile=profile)
    counted = "".join(
        f'leeway_model_feature_bin_total{{{common},feature="income",bin="{name}"}} {count}.0\n'
        for name, count in (bins or {}).items()
    )
    text = (
        "# HELP leeway_model_rows Rows answered.\n# TYPE leeway_model_rows counter\n"
        f"leeway_model_rows_total{{{common}}} {rows}\n"
        f"leeway_model_rows_created{{{common}}} 1.7e+09\n"
        f"{counted}"
        f"leeway_model_process_start_time_seconds{{{common}}} {started}\n"
        f'python_info{{version="3.11"}} 1.0\n{more}{end}'
    )
    return text.encode()


ROWS = f"leeway_model_rows_total{{{COMMON.format(version='loan-1', profile='0a1b2c3d')}}}"


def buckets(*counts: float) -> str:
    """The latency's buckets up to 0.1 s, 0.25 s and any time, as many as there are counts."""
    common = COMMON.format(version="loan-1", profile="0a1b2c3d")
    return "".join(
        f'leeway_model_request_duration_seconds_bucket{{{common},le="{edge}"}} {count}\n'
        for edge, count in zip(("0.1", "0.25", "+Inf"), counts, strict=False)
    )


def requests(count: int, *, version: str = "loan-1", code: int = 200) -> str:
    """The line that counts so many requests."""
    common = COMMON.format(version=version, profile="0a1b2c3d")
    return f'leeway_model_requests_total{{{common},code="{code}"}} {count}.0\n'
