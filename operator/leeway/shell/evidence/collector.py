"""Collect the evidence: scrape both arms of every canary, add up, judge, and publish for the status.

One round follows the other, each within its interval. Pages are read and pairs are judged in threads, one pair at a
time, so that the event loop never waits for them. Where many pairs have news, each round judges those that waited
longest, as many as its time allows: verdicts may be some rounds older than the counts beside them.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, field

import aiohttp

from leeway.api.deployment.record import RunningRevision
from leeway.api.kinds import Key, key_of
from leeway.api.model_deployment import ModelDeploymentSpec
from leeway.core.deployment.held import Held, read_held
from leeway.core.evidence.pair import Pair
from leeway.shell.evidence.followed import (
    Followed,
    Judged,
    Known,
    has_changed,
    judge_nothing,
    judge_pair,
    make_pair,
    make_publication,
    take_round,
)
from leeway.shell.evidence.guards import Guards
from leeway.shell.evidence.metrics import Reading
from leeway.shell.evidence.profiles import Profiles, profile_digest
from leeway.shell.evidence.publications import Publications
from leeway.shell.evidence.scrape import Answer, make_scrape_session, scrape_round
from leeway.shell.evidence.targets import Target, Targets
from leeway.shell.telemetry import ScrapeTelemetry
from leeway.shell.watch.owners import Owners

# Counts that change are written about once a minute. A verdict that changes, and the requests that a step asks for, are
# written at once.
PUBLISH_SECONDS = 60.0
# Of a round's interval; what is left is for the reconciles.
JUDGING_SHARE = 0.6
# On a machine that is busy otherwise verdicts are to come, too, though the rounds take longer then.
LEAST_JUDGED = 16
# A round that took longer than its interval still leaves the others some time.
LEAST_PAUSE_SECONDS = 0.2
FETCHES_AT_ONCE = 64
BROKE_DOWN = "Judging broke down ({}): a fault of the operator, whose log has the details."

Judge = Callable[[ModelDeploymentSpec, Pair], Judged]

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Clock:
    """The collector's clocks: monotonic seconds, seconds of Unix time, and a random number in [0, 1)."""

    monotonic: Callable[[], float]
    wall: Callable[[], float]
    random: Callable[[], float]


@dataclass(slots=True)
class Collector:
    """The leader's loop of scrape rounds; `add` queues the key of an object whose publication is to be recorded."""

    owners: Owners
    targets: Targets
    profiles: Profiles
    publications: Publications
    telemetry: ScrapeTelemetry
    add: Callable[[Key], None]
    clock: Clock
    interval: float
    judge: Judge = judge_pair
    _read: dict[Key, tuple[str, Held | None]] = field(default_factory=dict)
    _followed: dict[Key, Followed] = field(default_factory=dict)
    _guards: Guards = field(init=False)

    def __post_init__(self) -> None:
        self._guards = Guards(
            self.owners,
            self.targets,
            self.profiles,
            self.publications,
            self.add,
            self.clock.monotonic,
            self.clock.random,
        )

    async def run_forever(self, sleep: Callable[[float], Awaitable[None]]) -> None:
        """Scrape at the interval for ever."""
        async with make_scrape_session() as session:
            while True:
                started = self.clock.monotonic()
                try:
                    await self.run_round(session)
                except Exception:
                    # A mistake of ours; the next round may still be of use, and the reconciles go on.
                    logger.exception("A scrape round broke down")
                spent = self.clock.monotonic() - started
                self.telemetry.observe_round(spent)
                await sleep(max(LEAST_PAUSE_SECONDS, self.interval - spent))

    async def run_round(self, session: aiohttp.ClientSession) -> None:
        """Scrape, read, judge and publish once."""
        until = self.clock.monotonic() + JUDGING_SHARE * self.interval
        self._follow()
        await self._find_targets()
        answers = await scrape_round(session, self._urls() | _urls(self._guards.find_targets()))
        for answer in answers.values():
            self.telemetry.count_scrape("refused" if answer.refusal else "answered")
        for followed in self._followed.values():
            await self._take(followed, answers)
        await self._guards.take(answers, self.clock.wall())
        await self._fetch_profiles(session)
        await self._judge(until)
        await self._guards.judge(until)
        for followed in self._followed.values():
            await self._publish(followed)
        self._guards.publish(self.clock.wall())

    def readings(self) -> Iterator[Reading]:
        """Yield what the operator's own metrics show of each held canary, and of each stable revision alone."""
        yield from (one for one in self._guards.readings() if one.key not in self._followed)
        for key, followed in list(self._followed.items()):
            judged, model = followed.judged, followed.held.spec.model_name
            yield Reading(key, model, judged.scores, judged.verdicts)

    def _follow(self) -> None:
        """Take up the canaries that are held now, and forget the others."""
        found = self._held()
        for key in self._followed.keys() - found.keys():
            del self._followed[key]
            self.publications.forget(key)
        for key, held in found.items():
            known = self._followed.get(key)
            if known is None or known.held.pair != held.pair:
                self._followed[key] = Followed(held)
            else:
                # The step may be another one, or the gates.
                known.has_news |= known.held.spec != held.spec
                known.held = held

    def _held(self) -> dict[Key, Held]:
        """Return the held canaries; each object is read once for each of its versions."""
        before, self._read = self._read, {}
        for manifest in self.owners.deployments():
            key, version = key_of(manifest), manifest["metadata"]["resourceVersion"]
            known = before.get(key)
            is_known = known is not None and known[0] == version
            self._read[key] = known if known and is_known else (version, read_held(manifest))
        return {key: held for key, (_, held) in self._read.items() if held is not None}

    async def _find_targets(self) -> None:
        keys = self._followed.keys() | set(self._guards.follow())
        await self.targets.learn(pod for key in keys for pod in self.targets.pods_of(key))
        for key, followed in self._followed.items():
            held = followed.held
            followed.targets = {
                arm.revision: self.targets.of_revision(key, held.uid, arm.revision)
                for arm in (held.stable, held.canary)
            }

    def _urls(self) -> dict[str, str]:
        return _urls(self._targets())

    def _targets(self) -> Iterator[Target]:
        for followed in self._followed.values():
            for targets in followed.targets.values():
                yield from targets

    async def _take(self, followed: Followed, answers: dict[str, Answer]) -> None:
        now = self.clock.wall()
        before = followed.gathered, followed.canary.counts, followed.stable.counts
        try:
            gathered, canary, stable = await asyncio.to_thread(
                take_round, followed.held, followed.gathered, followed.targets, answers, now
            )
        except Exception:
            # A mistake of ours in one pair's case; the round goes on with the others.
            logger.exception("Counting broke down", extra={"key": str(followed.held.key)})
            return
        followed.gathered, followed.canary, followed.stable = gathered, canary, stable
        if has_changed(before[0], gathered) or before[1:] != (canary.counts, stable.counts):
            followed.has_news = True

    async def _fetch_profiles(self, session: aiohttp.ClientSession) -> None:
        """Fetch the profiles that are due, each from one pod that answers."""
        wanted: dict[str, Target] = {}
        by_digest: dict[str, list[Followed]] = defaultdict(list)
        for followed in self._followed.values():
            for arm, seen in (
                (followed.held.stable, followed.stable),
                (followed.held.canary, followed.canary),
            ):
                digest, _ = self._profile_digest(followed.held, arm)
                by_digest[digest].append(followed)
                answering = (t for t in followed.targets[arm.revision] if seen.has_page(t.uid))
                target = next(answering, None)
                if digest and target and self.profiles.is_due(digest):
                    wanted[digest] = target
        for digest, target in self._guards.wanted_profiles():
            wanted.setdefault(digest, target)
        self.profiles.keep(by_digest.keys() | self._guards.profile_digests())
        some = list(wanted.items())[:FETCHES_AT_ONCE]
        await asyncio.gather(
            *(self.profiles.fetch(session, digest, target.url, target.name) for digest, target in some)
        )
        for digest, _ in some:
            for followed in by_digest[digest]:
                followed.has_news = True

    def _profile_digest(self, held: Held, arm: RunningRevision) -> tuple[str, str]:
        """Return the digest of a version's profile file, or an empty text and why there is none."""
        return profile_digest(self.owners, held.key.namespace, arm.model_version_name)

    def _known_profile(self, held: Held, arm: RunningRevision) -> Known:
        digest, why_none = self._profile_digest(held, arm)
        return self.profiles.get(digest) if digest else (None, why_none)

    async def _judge(self, until: float) -> None:
        """Judge the pairs that have news, the one that waited longest first; some at least, and others until then."""
        waiting = [followed for followed in self._followed.values() if followed.has_news]
        for place, followed in enumerate(sorted(waiting, key=lambda one: one.judged_at)):
            if place >= LEAST_JUDGED and self.clock.monotonic() >= until:
                return
            await self._judge_one(followed)

    async def _judge_one(self, followed: Followed) -> None:
        held = followed.held
        profiles = self._known_profile(held, held.canary), self._known_profile(held, held.stable)
        pair = make_pair(followed, *profiles)
        followed.has_news, followed.judged_at = False, self.clock.monotonic()
        try:
            followed.judged = await asyncio.to_thread(self.judge, held.spec, pair)
        except Exception as error:
            # A mistake of ours.
            logger.exception("Judging broke down", extra={"key": str(held.key)})
            followed.judged = judge_nothing(held.spec, BROKE_DOWN.format(type(error).__name__))
        followed.is_unpublished = True
        # A verdict that rolls back does not wait for those of other pairs.
        await self._publish(followed)

    async def _publish(self, followed: Followed) -> None:
        """Publish at once what a reconcile may wait for, and what was counted about once a minute."""
        now = self.clock.monotonic()
        is_due = followed.is_unpublished and now >= followed.publish_at
        if not followed.judged_at or not (is_due or followed.states != followed.published):
            return
        held = followed.held
        try:
            publication = await asyncio.to_thread(make_publication, followed, self.clock.wall())
        except Exception:
            logger.exception("Packing the evidence broke down", extra={"key": str(held.key)})
            return
        followed.published, followed.is_unpublished = followed.states, False
        # Within 20 % of a minute, so that pairs that were taken up together are not written together for ever.
        followed.publish_at = now + PUBLISH_SECONDS * (0.8 + 0.4 * self.clock.random())
        self.publications.put(held.key, held.uid, publication)
        self.add(held.key)


def _urls(targets: Iterable[Target]) -> dict[str, str]:
    return {target.uid: f"{target.url}/metrics" for target in targets if target.url}
