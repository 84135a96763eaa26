"""Watch the stable revision of every ModelDeployment, in the rounds of the collector.

Pages of stable are asked for less often than those of a canary's arms: sixty times a window, at most in each round and
at least once a minute. What is counted of one window lives in this process: after a restart of the operator, or with
another stable revision, the window begins anew.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from leeway.api.deployment.guard import GuardStatus
from leeway.api.gates import Verdict
from leeway.api.kinds import Key, key_of
from leeway.core.deployment.guarded import Guarded, read_guarded
from leeway.core.evidence.profile import Profile
from leeway.core.evidence.round import ArmRound
from leeway.core.gates.score import drift_score
from leeway.core.guard.judging import judge_guard
from leeway.core.guard.watched import Watched
from leeway.core.guard.window import Watch, add_round, begin_watch, count_of, window_counts
from leeway.shell.evidence.followed import LABEL_DIGITS, see
from leeway.shell.evidence.metrics import Reading
from leeway.shell.evidence.profiles import Profiles, profile_digest
from leeway.shell.evidence.publications import Publications
from leeway.shell.evidence.scrape import Answer
from leeway.shell.evidence.targets import Target, Targets
from leeway.shell.watch.owners import Owners

ROUNDS_OF_WINDOW = 60
LONGEST_PAUSE_SECONDS = 60.0
# Three hundred deployments are written once a second then; a verdict that changes is written at once.
PUBLISH_SECONDS = 300.0
# On a machine that is busy otherwise the guard is to get on, too.
LEAST_JUDGED = 1

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Guarding:
    """What is counted, judged and published of one stable revision; written by the event loop alone."""

    of: Guarded
    targets: tuple[Target, ...] = ()
    seen: ArmRound = field(default_factory=ArmRound)
    watch: Watch | None = None
    verdicts: tuple[Verdict, ...] = ()
    score: float | None = None
    ask_at: float = 0.0
    is_asked: bool = False  # in this round
    has_news: bool = False  # since it was judged
    judged_at: float = 0.0
    publish_at: float = 0.0  # not before, unless a verdict has changed
    published: tuple[object, ...] = ()
    published_requests: int = -1

    @property
    def states(self) -> tuple[object, ...]:
        """Return what is published at once when it changes."""
        return (self.of.generation, *((one.name, one.state) for one in self.verdicts))


@dataclass(slots=True)
class Guards:
    """The guards of all ModelDeployments; `add` queues the key of one whose status is to be recorded."""

    owners: Owners
    targets: Targets
    profiles: Profiles
    publications: Publications
    add: Callable[[Key], None]
    monotonic: Callable[[], float]
    random: Callable[[], float]
    _read: dict[Key, tuple[str, Guarded | None]] = field(default_factory=dict)
    _guarding: dict[Key, Guarding] = field(default_factory=dict)

    def follow(self) -> tuple[Key, ...]:
        """Take up the stable revisions of now, forget the others, and return the keys of those that are watched."""
        found = self._found()
        for key in self._guarding.keys() - found.keys():
            del self._guarding[key]
            self.publications.forget_guard(key)
        for key, guarded in found.items():
            known = self._guarding.get(key)
            if known is None or known.of.watched != guarded.watched:
                self._guarding[key] = Guarding(guarded)
            elif known.of != guarded:
                known.of, known.has_news = guarded, True
        return tuple(found)

    def find_targets(self) -> Iterator[Target]:
        """Yield the pods to be asked in this round."""
        now = self.monotonic()
        for key, one in self._guarding.items():
            one.is_asked = now >= one.ask_at
            if one.is_asked:
                pause = min(LONGEST_PAUSE_SECONDS, one.of.spec.guard.window_seconds / ROUNDS_OF_WINDOW)
                # Spread over time, so that not all are asked in one round for ever.
                one.ask_at = now + pause * (0.8 + 0.2 * self.random())
                one.targets = self.targets.of_revision(key, one.of.uid, one.of.stable.revision)
                yield from one.targets

    async def take(self, answers: dict[str, Answer], now: float) -> None:
        """Count what the pods of this round have answered."""
        for one in self._asked():
            try:
                one.watch, one.seen = await asyncio.to_thread(_take, one, answers, now)
            except Exception:
                # A mistake of ours in one case; the round goes on with the others.
                logger.exception("Counting for the guard broke down", extra={"key": str(one.of.key)})
                continue
            one.has_news = True

    def profile_digests(self) -> set[str]:
        """Return the digests of the profiles that are needed."""
        return {digest for one in self._guarding.values() if (digest := self._profile_digest(one)[0])}

    def wanted_profiles(self) -> Iterator[tuple[str, Target]]:
        """Yield the digests that are due, each with a pod that has answered in this round."""
        for one in self._asked():
            digest, _ = self._profile_digest(one)
            target = next((target for target in one.targets if one.seen.has_page(target.uid)), None)
            if digest and target and self.profiles.is_due(digest):
                yield digest, target

    async def judge(self, until: float) -> None:
        """Judge those that have news, the one that waited longest first; some at least, and others until then."""
        waiting = [one for one in self._guarding.values() if one.has_news]
        for place, one in enumerate(sorted(waiting, key=lambda one: one.judged_at)):
            if place >= LEAST_JUDGED and self.monotonic() >= until:
                return
            await self._judge_one(one)

    def publish(self, wall: float) -> None:
        """Publish a verdict that has changed at once, and what was counted every five minutes."""
        now = self.monotonic()
        for one in self._guarding.values():
            requests = count_of(one.watch, "leeway_model_requests_total")
            is_due = now >= one.publish_at and requests != one.published_requests
            if not one.judged_at or not (is_due or one.states != one.published):
                continue
            one.published, one.published_requests = one.states, requests
            one.publish_at = now + PUBLISH_SECONDS * (1.0 + 0.2 * self.random())
            self.publications.put_guard(one.of.key, one.of.uid, _status(one, wall))
            self.add(one.of.key)

    def readings(self) -> Iterator[Reading]:
        """Yield the drift of each stable revision."""
        for key, one in list(self._guarding.items()):
            if one.score is not None:
                scores = ((one.of.stable.model_version_name, one.score),)
                yield Reading(key, one.of.spec.model_name, scores, ())

    def _found(self) -> dict[Key, Guarded]:
        """Return the stable revisions; each object is read once for each of its versions."""
        before, self._read = self._read, {}
        for manifest in self.owners.deployments():
            key, version = key_of(manifest), manifest["metadata"]["resourceVersion"]
            known = before.get(key)
            is_known = known is not None and known[0] == version
            self._read[key] = known if known and is_known else (version, read_guarded(manifest))
        return {key: guarded for key, (_, guarded) in self._read.items() if guarded is not None}

    def _asked(self) -> list[Guarding]:
        return [one for one in self._guarding.values() if one.is_asked]

    def _profile_digest(self, one: Guarding) -> tuple[str, str]:
        return profile_digest(self.owners, one.of.key.namespace, one.of.stable.model_version_name)

    async def _judge_one(self, one: Guarding) -> None:
        digest, why_none = self._profile_digest(one)
        profile, why_none = self.profiles.get(digest) if digest else (None, why_none)
        watched = _watched(one, profile, why_none)
        one.has_news, one.judged_at = False, self.monotonic()
        try:
            one.verdicts, one.score = await asyncio.to_thread(_judge, one.of, watched)
        except Exception:
            logger.exception("Judging for the guard broke down", extra={"key": str(one.of.key)})
            one.verdicts, one.score = (), None  # an earlier verdict is none on what was counted since


def _take(one: Guarding, answers: dict[str, Answer], now: float) -> tuple[Watch | None, ArmRound]:
    seen, stable = see(one.targets, answers), one.of.stable
    watch = one.watch or begin_watch(stable.model_version_name, seen, now)
    return (None, seen) if watch is None else add_round(watch, seen, now, one.of.spec.guard.window_seconds)


def _watched(one: Guarding, profile: Profile | None, why_none: str) -> Watched:
    # The server labels its counts with the profile that it counts by.
    if (
        profile is not None
        and one.watch is not None
        and profile.digest[:LABEL_DIGITS] != one.watch.arm.profile
    ):
        by = one.watch.arm.profile or "none"
        why_none = f"the pods count by profile {by}, and the version's is {profile.digest[:LABEL_DIGITS]}"
        profile = None
    stable = one.of.stable
    return Watched(
        version=stable.model_version_name,
        seconds=one.of.spec.guard.window_seconds,
        seen=one.seen,
        watch=one.watch,
        profile=profile,
        why_no_profile=why_none,
        shown=stable.shown,
    )


def _judge(guarded: Guarded, watched: Watched) -> tuple[tuple[Verdict, ...], float | None]:
    verdicts = judge_guard(guarded.spec, watched)
    score = drift_score(window_counts(watched.watch), watched.profile) if watched.watch else None
    return verdicts, score


def _status(one: Guarding, now: float) -> GuardStatus:
    start = {} if one.watch is None else {"start_time": _time(one.watch.begin)}
    return GuardStatus(
        revision=one.of.stable.revision,
        **start,
        time=_time(now),
        requests=count_of(one.watch, "leeway_model_requests_total"),
        rows=count_of(one.watch, "leeway_model_rows_total"),
        pods=one.seen.asked,
        answered=one.seen.answered,
        observed_generation=one.of.generation,
        verdicts=one.verdicts,
    )


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(int(seconds), UTC)
