"""The numbers by which dashboards know drift: how far each column of an arm is from its profile."""

from __future__ import annotations

from collections.abc import Mapping

from leeway.core.evidence.page import Series
from leeway.core.evidence.profile import Profile
from leeway.core.evidence.table import CountsRefused, read_drawn, read_feature, read_table
from leeway.core.judge.reference import psi


def drift_scores(totals: Mapping[Series, int], profile: Profile | None) -> dict[str, float]:
    """Return the PSI of each column of the profile; none while there is no profile or no row was drawn.

    They are as measured, without a bound: by chance alone they are large while rows are few. Gates know how sure it is.
    """
    if profile is None:
        return {}
    try:
        table = read_table(totals)
        if not read_drawn(table):
            return {}
        return {column.name: psi(read_feature(table, column), column.counts) for column in profile.features}
    except CountsRefused:
        return {}
