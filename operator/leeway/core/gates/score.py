"""The one number by which dashboards know drift: how far the furthest column of an arm is from its profile."""

from __future__ import annotations

from collections.abc import Mapping

from leeway.core.evidence.page import Series
from leeway.core.evidence.profile import Profile
from leeway.core.evidence.table import CountsRefused, read_drawn, read_feature, read_table
from leeway.core.judge.reference import psi


def drift_score(totals: Mapping[Series, int], profile: Profile | None) -> float | None:
    """Return the largest PSI over the columns of the profile; None while there is none or no row was drawn.

    It is as measured, without a bound: by chance alone it is large while rows are few. Gates know how sure it is.
    """
    if profile is None:
        return None
    try:
        table = read_table(totals)
        if not read_drawn(table):
            return None
        scores = [psi(read_feature(table, column), column.counts) for column in profile.features]
    except CountsRefused:
        return None
    return max(scores, default=None)
