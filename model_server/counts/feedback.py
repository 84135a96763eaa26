"""Feedback of one served version: tokens for what it predicts, and labels of what any version predicted."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from prometheus_client.metrics_core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from model_server.contract.identity import Identity
from model_server.contract.profile import ScoreProfile
from model_server.counts.issuer import TokenIssuer
from model_server.counts.labels import DELAYS, DrawnSeries, LabelCounts, Series
from model_server.counts.prometheus import COMMON
from model_server.counts.tokens import TokenKeys


@dataclass(frozen=True)
class Feedback:
    """What a classifier does with a key for feedback."""

    issuer: TokenIssuer
    labels: LabelCounts


def make_feedback(keys: Sequence[bytes], identity: Identity, score: ScoreProfile | None) -> Feedback | None:
    """Return the feedback of a version; None without a key, and for a model that answers numbers."""
    # Right or wrong is counted in whole numbers; how far a number is off, no two versions' bins would say alike.
    if not keys or not identity.signature.classes:
        return None
    signing = TokenKeys(keys, identity.name)
    return Feedback(TokenIssuer(signing, identity, score), LabelCounts(signing, identity, score))


class LabelMetrics(Collector):
    """Exports the counts of labels as they stand when the page is asked for."""

    def __init__(self, labels: LabelCounts, common: tuple[str, ...]) -> None:
        self.labels = labels
        self.common = common

    def collect(self) -> Iterator[Metric]:
        """Yield the counts of one moment."""
        page = self.labels.page()
        counted = CounterMetricFamily(
            "leeway_model_feedback",
            "Labels by what their token says was predicted, by which version.",
            labels=(*COMMON, *Series._fields),
        )
        for series, number in page.counted.items():
            counted.add_metric((*self.common, *series), number)
        drawn = CounterMetricFamily(
            "leeway_model_drawn_feedback",
            "Labels of drawn rows, of which there is one in each request, by the version that predicted.",
            labels=(*COMMON, *DrawnSeries._fields),
        )
        for of, number in page.drawn.items():
            drawn.add_metric((*self.common, *of), number)
        rejected = CounterMetricFamily(
            "leeway_model_feedback_rejected",
            "Labels that were not counted, by reason.",
            labels=(*COMMON, "reason"),
        )
        for reason, number in page.rejected.items():
            rejected.add_metric((*self.common, reason), number)
        delays = HistogramMetricFamily(
            "leeway_model_feedback_delay_seconds", "Seconds from a prediction to its label.", labels=COMMON
        )
        edges = map(floatToGoString, (*DELAYS, float("inf")))
        delays.add_metric(
            self.common, list(zip(edges, accumulate(page.delays), strict=True)), page.delay_seconds
        )
        yield from (counted, drawn, rejected, delays)
