"""Labels that come after the prediction, counted by what their tokens say: whichever version this pod serves."""

import time
from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Literal, NamedTuple, get_args

from model_server.contract.identity import Identity
from model_server.contract.profile import ScoreProfile
from model_server.counts.tokens import BadToken, Predicted, TokenKeys
from model_server.rows.spelling import category_of

MAX_AGE_SECONDS = 90 * 86_400
MAX_SKEW_SECONDS = 300  # between the clocks of two nodes
MAX_VERSIONS = 8
MAX_DECISIONS = 10
MAX_BINS = 30
MAX_REMEMBERED = 100_000
OTHER = "other"
HOUR, DAY = 3600.0, 86_400.0
DELAYS = (60.0, 600.0, HOUR, 6 * HOUR, DAY, 3 * DAY, 7 * DAY, 14 * DAY, 30 * DAY, 60 * DAY, 90 * DAY)

Label = str | bool | int | float
Outcome = Literal["right", "wrong"]
Reason = Literal["unknown", "duplicate", "late", "bad_token"]
REASONS: tuple[Reason, ...] = ("unknown", "duplicate", "late", "bad_token")


class Rejected(NamedTuple):
    """Why a label is not counted, as a word and as a sentence."""

    reason: Reason
    error: str


class Series(NamedTuple):
    """What labels are counted by."""

    of_version: str
    of_profile: str
    bin: str
    decision: str
    outcome: Outcome


class DrawnSeries(NamedTuple):
    """What labels of drawn rows are counted by."""

    of_version: str
    outcome: Outcome


@dataclass(frozen=True)
class LabelPage:
    """All counts of labels at one moment; `drawn` are those of drawn rows once more.

    `delays` has one more than DELAYS, for labels beyond the last.
    """

    counted: Mapping[Series, int]
    drawn: Mapping[DrawnSeries, int]
    rejected: Mapping[Reason, int]
    delays: tuple[int, ...]
    delay_seconds: int


class LabelCounts:
    """Counts labels; safe to call from several threads, and bounded in what it holds."""

    def __init__(
        self,
        keys: TokenKeys,
        identity: Identity,
        score: ScoreProfile | None = None,
        clock: Callable[[], float] = time.time,
        max_remembered: int = MAX_REMEMBERED,
    ) -> None:
        self.keys = keys
        self.classes = identity.signature.classes
        self.clock = clock
        self.lock = Lock()
        self.counted = dict.fromkeys(own_series(identity, score), 0)
        # The labels of a client's batch are no independent draws, as little as its rows are.
        self.drawn = {DrawnSeries(identity.version, outcome): 0 for outcome in get_args(Outcome)}
        self.versions = {(identity.version, identity.profile[:8])}
        self.rejected: dict[Reason, int] = dict.fromkeys(REASONS, 0)
        self.delays = [0] * (len(DELAYS) + 1)
        self.delay_seconds = 0
        self.marks: set[bytes] = set()
        self.order: deque[bytes] = deque()
        self.max_remembered = max_remembered

    def add(self, token: str, label: Label) -> Rejected | None:
        """Count a label, or return why it is not counted."""
        try:
            predicted, mark = self.keys.read(token)
            delay = int(self.clock()) - predicted.time
            rejected = self.refuse(category_of(label), delay)
        except BadToken as bad:
            rejected = Rejected("bad_token", f"the token {bad}")
        with self.lock:
            rejected = rejected or self.refuse_counted(predicted, mark)
            if rejected:
                self.rejected[rejected.reason] += 1
            else:
                self.count(predicted, mark, category_of(label) == predicted.decision, max(0, delay))
        return rejected

    def refuse(self, label: str, delay: int) -> Rejected | None:
        """Return what is wrong with a label of this spelling, so many seconds after the prediction."""
        if delay > MAX_AGE_SECONDS:
            return Rejected("late", f"the prediction is {delay // 86_400} days old; labels count for 90 days")
        if delay < -MAX_SKEW_SECONDS:
            error = (
                f"the token is from {-delay} seconds ahead of this pod's clock; set the clocks of the nodes"
            )
            return Rejected("bad_token", error)
        # By the label alone. If the token decided, one version would lose more of its labels than another.
        if label not in self.classes:
            return Rejected("unknown", f"the label is no class of this model; it has {listed(self.classes)}")
        return None

    def refuse_counted(self, predicted: Predicted, mark: bytes) -> Rejected | None:
        """Return that a token was counted before, or is of one version too many."""
        if mark in self.marks:
            return Rejected("duplicate", "a label for this prediction was counted before")
        of = (predicted.version, predicted.profile)
        if of not in self.versions and len(self.versions) >= MAX_VERSIONS:
            return Rejected(
                "unknown", f"this pod has counted labels of {MAX_VERSIONS} versions, and takes no more"
            )
        return None

    def count(self, predicted: Predicted, mark: bytes, is_right: bool, delay: int) -> None:
        """Count a label, and remember its token."""
        series = series_of(predicted, is_right)
        self.versions.add((predicted.version, predicted.profile))
        self.counted[series] = self.counted.get(series, 0) + 1
        if predicted.drawn:
            drawn = DrawnSeries(predicted.version, series.outcome)
            self.drawn[drawn] = self.drawn.get(drawn, 0) + 1
        self.delays[bisect_left(DELAYS, delay)] += 1
        self.delay_seconds += delay
        self.marks.add(mark)
        self.order.append(mark)
        if len(self.order) > self.max_remembered:
            self.marks.remove(self.order.popleft())

    def page(self) -> LabelPage:
        """Return copies of all counts, taken at one moment."""
        with self.lock:
            return LabelPage(
                dict(self.counted),
                dict(self.drawn),
                dict(self.rejected),
                tuple(self.delays),
                self.delay_seconds,
            )


def own_series(identity: Identity, score: ScoreProfile | None) -> Iterator[Series]:
    """Yield the series of the version itself, which a page has from the start."""
    bins = range(len(score.edges) + 1) if score else (None,)
    for place, name in enumerate(identity.signature.classes):
        for score_bin in bins:
            said = Predicted(identity.version, identity.profile[:8], score_bin, name, place, 0)
            yield from (series_of(said, is_right) for is_right in (True, False))


def series_of(said: Predicted, is_right: bool) -> Series:
    """Return what a label counts for; bins and decisions beyond the first ones are one."""
    return Series(
        of_version=said.version,
        of_profile=said.profile,
        bin="" if said.bin is None else str(said.bin) if said.bin < MAX_BINS else OTHER,
        decision=said.decision if said.place < MAX_DECISIONS else OTHER,
        outcome="right" if is_right else "wrong",
    )


def listed(classes: tuple[str, ...]) -> str:
    """Return the first classes as a sentence lists them."""
    return ", ".join(classes[:MAX_DECISIONS]) + (", …" if len(classes) > MAX_DECISIONS else "")
