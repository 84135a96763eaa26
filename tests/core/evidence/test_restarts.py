"""A fleet of pods that answer, start anew and go, and an operator that is killed: no row is counted twice."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from leeway.core.evidence.checkpoint import pack, unpack
from leeway.core.evidence.gathered import Gathered, add
from leeway.core.evidence.ledger import Arm, Uid
from leeway.core.evidence.page import read_page
from leeway.core.evidence.round import ArmRound, PodSeen
from leeway.core.evidence.strata import MAX_STRATA
from leeway.core.evidence.table import REQUESTS, total_of
from tests.core.evidence.pages import ROWS, page, requests

NOTHING = Gathered(Arm("loan-1", "0a1b2c3d"), Arm("loan-0", "0a1b2c3d"), start=0.0, time=0.0)


# Three pods that are ready and do not answer: stable is there to have a share.
STABLE = ArmRound({f"stable-{number}": PodSeen("stable", is_ready=True) for number in range(3)})


@dataclass
class Pod:
    """A pod, and how many of its rows must be in the totals at least: in memory, and in the stored checkpoint."""

    started: float
    rows: int = 0  # of this process
    shown: int = 0  # of these, on the last page that was read, by this operator or one before
    counted: int = 0
    counted_in_store: int = 0
    is_known: bool = False
    is_known_in_store: bool = False
    is_new_zero: bool = False  # its next page is its new zero

    def is_read(self) -> None:
        """A page was read: what was counted since a checkpoint until the first page after a kill is lost."""
        if not self.is_new_zero:
            self.counted += self.rows - self.shown
        self.shown, self.is_known, self.is_new_zero = self.rows, True, False


class Fleet(RuleBasedStateMachine):
    """What can happen, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.clock, self.truth = 1000.0, 0
        self.pods: dict[Uid, Pod] = {}
        self.alive: list[Uid] = []
        self.kept, self.stored = NOTHING, pack(NOTHING)

    @property
    def total(self) -> int:
        return self.kept.canary.totals.get(ROWS, 0)

    def one(self, number: int) -> Pod:
        return self.pods[self.alive[number % len(self.alive)]]

    @rule()
    def pod_comes(self) -> None:
        self.clock += 1
        uid = f"pod-{len(self.pods)}"
        self.pods[uid] = Pod(self.clock)
        self.alive.append(uid)

    @precondition(lambda self: self.alive)
    @rule(number=st.integers(0, 9), rows=st.integers(1, 50))
    def pod_answers(self, number: int, rows: int) -> None:
        self.one(number).rows += rows
        self.truth += rows

    @precondition(lambda self: self.alive)
    @rule(number=st.integers(0, 9))
    def pod_starts_anew(self, number: int) -> None:
        self.clock += 1
        pod = self.one(number)
        pod.started, pod.rows, pod.shown = self.clock, 0, 0

    @precondition(lambda self: self.alive)
    @rule(number=st.integers(0, 9))
    def pod_goes(self, number: int) -> None:
        self.alive.remove(self.alive[number % len(self.alive)])

    @rule(silent=st.sets(st.integers(0, 9), max_size=2))
    def operator_reads_pages(self, silent: set[int]) -> None:
        pods = {uid: PodSeen(uid, is_ready=True) for uid in self.alive}
        for number, uid in enumerate(self.alive):
            if number not in silent:
                pod = self.pods[uid]
                answer = read_page(page(pod.rows, started=pod.started, more=requests(pod.rows)))
                pods[uid] = PodSeen(uid, answer, is_ready=True)
                pod.is_read()
        self.kept, _, _ = add(self.kept, ArmRound(pods), STABLE, self.clock)

    @rule()
    def operator_stores_its_checkpoint(self) -> None:
        self.stored = pack(self.kept)
        for pod in self.pods.values():
            pod.counted_in_store, pod.is_known_in_store = pod.counted, pod.is_known

    @rule()
    def operator_is_killed(self) -> None:
        """Also with a checkpoint made and not stored: it is then as if it had not been made."""
        self.kept = unpack(self.stored)
        for pod in self.pods.values():
            pod.counted, pod.is_known = pod.counted_in_store, pod.is_known_in_store
            pod.is_new_zero = pod.is_known

    @invariant()
    def nothing_is_counted_that_no_pod_counted(self) -> None:
        assert self.total <= self.truth

    @invariant()
    def strata_hold_no_more_than_was_counted(self) -> None:
        in_strata = sum(total_of(one.canary, REQUESTS) for one in self.kept.strata)
        assert in_strata <= total_of(self.kept.canary.totals, REQUESTS) <= self.truth

    @invariant()
    def strata_are_few(self) -> None:
        assert len(self.kept.strata) <= MAX_STRATA

    @invariant()
    def no_more_is_lost_than_since_the_checkpoint(self) -> None:
        assert self.total >= sum(pod.counted for pod in self.pods.values())


TestFleet = Fleet.TestCase
TestFleet.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)
