"""A whole rollout, played on the real reconcile: a fake cluster, a simulated kubelet and a clock of its own."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from leeway.api.condition import ARTIFACT_VERIFIED
from leeway.api.kinds import MODEL_VERSION, Key, Manifest
from leeway.core.deployment.publication import Publication
from leeway.core.pods.template import Image
from leeway.reconcilers import Planner, reconcile
from leeway.shell.evidence.publications import Publications
from tests.core.fake_cluster import Crash, FakeCluster, make_parts
from tests.core.passes import DEPLOYMENT
from tests.core.rollouts.kubelet import Kubelet
from tests.core.rollouts.orders import Fixed, Order
from tests.core.rollouts.picture import Names, Picture, take
from tests.core.rollouts.pods import FINE, Life
from tests.core.rollouts.transcript import OPERATOR, WORLD, Frame, Transcript
from tests.core.worlds import NOON, PLATFORM, model_deployment, model_version

# A reconcile that is asked again without anything having changed comes to rest at once, or never.
LOOKS_TO_REST = 40
PRELUDE_SECONDS = 300

Happening = Callable[["Simulation"], str]


@dataclass(frozen=True, slots=True)
class Story:
    """A rollout to be played: v1 is stable first, unless `is_first`; then the script, by seconds."""

    about: str
    spec: Mapping[str, Any]
    script: Sequence[tuple[int, Happening]]
    until: int
    lives: Mapping[str, Life] = field(default_factory=dict)  # by the revision's name; the others are fine
    is_first: bool = False


async def play(
    story: Story, order: Order | None = None, planners: Mapping[str, Planner] | None = None
) -> Transcript:
    """Play the story to its end; return what happened after v1 was stable."""
    simulation = Simulation(story, planners)
    if not story.is_first:
        await simulation.run((), PRELUDE_SECONDS)
    simulation.begin(order or Fixed())
    await simulation.run(story.script, story.until)
    return Transcript(story.about, tuple(simulation.frames), simulation.names)


class Simulation:
    """One ModelDeployment, its cluster and its operator."""

    def __init__(self, story: Story, planners: Mapping[str, Planner] | None = None) -> None:
        self.now = NOON
        self.names = Names()
        self.order: Order = Fixed()
        self.platform = PLATFORM
        self.published: Publication | None = None
        self.lives = dict(story.lives)
        self.frames: list[Frame] = []
        self.cluster = FakeCluster(
            *(_version(number) for number in (1, 2, 3)),
            model_deployment(**{"modelVersionName": "v1", **story.spec}),
            fails=self._before,
            dies=self._after,
        )
        self.kubelet = Kubelet(self.cluster, self.clock, self._life_of)
        self._planners = planners
        self._begun = NOON
        self._wake: datetime | None = None
        self.restart()

    def clock(self) -> datetime:
        return self.now

    def begin(self, order: Order) -> None:
        """Take this moment as the first one of the transcript."""
        self.order, self._begun = order, self.now
        self.frames = [Frame(0, WORLD, "", self.picture(), self.picture())]

    def picture(self) -> Picture:
        return take(self.cluster.objects, self.names, self.published)

    def manifest(self) -> Manifest:
        return self.cluster.objects[DEPLOYMENT]

    def restart(self) -> None:
        """End the operator's process and start another one: what only it knew is lost."""
        self._is_dead = False
        self._unwritten = self.picture()
        self.publications = Publications()
        self.parts = make_parts(self.cluster, self.publications, self.clock, self.platform)
        if self._planners is not None:
            self.parts = replace(self.parts, planners=self._planners)
        # A process that starts looks at everything once.
        self.cluster.woken += [key for key in self.cluster.objects if key.kind == MODEL_VERSION.kind]

    def upgrade(self, image: str) -> None:
        """Start an operator whose server image is another one."""
        self.platform = replace(self.platform, server_image=Image(image, "IfNotPresent"))
        self.restart()

    def publish(self, publication: Publication) -> None:
        self.published = publication
        self.publications.put(DEPLOYMENT, self.manifest()["metadata"]["uid"], publication)

    async def run(self, script: Sequence[tuple[int, Happening]], seconds: int) -> None:
        """Play the script, and all that follows from it, until so many seconds have passed."""
        start, end = self.now, self.now + timedelta(seconds=seconds)
        left = [(start + timedelta(seconds=second), happening) for second, happening in script]
        while self.now <= end:
            await self._moment([happening for time, happening in left if time == self.now])
            times = (*(time for time, _ in left), self.kubelet.next_change(), self._wake)
            self.now = min(
                (time for time in times if time and time > self.now), default=end + timedelta(seconds=1)
            )
        self.now = end

    async def _moment(self, happenings: Sequence[Happening]) -> None:
        for happening in happenings:
            self._tell(WORLD, happening(self))
            await self._look_by_chance()
        await self._settle()
        # What a new process has not heard of yet, its collector finds again from the recorded counts.
        while (
            self.published and self.publications.get(DEPLOYMENT, self.manifest()["metadata"]["uid"]) is None
        ):
            self.publish(self.published)
            await self._settle()

    async def _settle(self) -> None:
        """Let kubelet and operator act in turn until neither has anything to do."""
        for _ in range(LOOKS_TO_REST):
            changes = [await self._act(key) for key in self.order.mixed(self.kubelet.deployments())]
            await self._rest()
            if not any(changes) and not self._stale():
                return
        raise AssertionError(f"pods come and go for ever: {self.cluster.writes[-6:]}")

    async def _act(self, key: Key) -> bool:
        version = self.cluster._version
        told = self.kubelet.act(key)
        if told:
            self._tell(WORLD, f"{self.names.in_words(key.name).removeprefix('iris-')}: {told}")
        await self._look_by_chance()
        return self.cluster._version != version

    def _stale(self) -> bool:
        """Return whether the operator has changed a Deployment after the kubelet's last turn."""
        return any(
            (one.get("status") or {}).get("observedGeneration") != one["metadata"]["generation"]
            for one in self.cluster.objects.values()
            if one["kind"] == "Deployment"
        )

    async def _look_by_chance(self) -> None:
        for _ in range(self.order.looks()):
            await self._look()

    async def _rest(self) -> None:
        """Look until a look writes nothing: each moment ends with one that changes nothing."""
        for _ in range(LOOKS_TO_REST):
            before = len(self.cluster.writes)
            again = await self._look()
            if len(self.cluster.writes) == before and again != 0.0:
                self._wake = None if again is None else self.now + timedelta(seconds=math.ceil(again))
                return
        raise AssertionError(f"the operator does not come to rest: {self.cluster.writes[-6:]}")

    async def _look(self) -> float | None:
        try:
            again = await reconcile(DEPLOYMENT, self.parts)
            for version in self._woken_versions():
                await reconcile(version, self.parts)
        except Crash:
            self.restart()
            return 0.0
        return again

    def _woken_versions(self) -> list[Key]:
        """Return the versions that the watch has woken since the last look."""
        woken = sorted({key for key in self.cluster.woken if key.kind == MODEL_VERSION.kind})
        self.cluster.woken.clear()
        return woken

    def _life_of(self, revision: str) -> Life:
        return self.lives.get(self.names.of(revision), FINE)

    def _before(self, verb: str, key: Key) -> BaseException | None:
        self._unwritten = self.picture()
        return self._death("before", verb, key)

    def _after(self, verb: str, key: Key) -> BaseException | None:
        self._tell(OPERATOR, self._written(verb, key))
        return self._death("after", verb, key)

    def _death(self, when: str, verb: str, key: Key) -> Crash | None:
        # What a `finally` would still write, a killed process does not.
        self._is_dead = self._is_dead or self.order.is_killed(when, f"{verb} {key.kind} {key.name}")
        return Crash() if self._is_dead else None

    def _written(self, verb: str, key: Key) -> str:
        if verb == "status":
            return verb
        name = self.names.in_words(key.name).removeprefix("iris-")
        match key.kind, self.cluster.objects.get(key):
            case "Deployment", Mapping() as deployment:
                return f"sizes {name} to {deployment['spec']['replicas']}"
            case "Service", Mapping():
                return f"points Service {key.name} to {self.picture().services[key.name]}"
            case "Event", _:
                return ""
        return f"{'deletes' if verb == 'delete' else 'writes'} {key.kind} {name}"

    def _tell(self, by: str, told: str) -> None:
        if told:
            second = int((self.now - self._begun).total_seconds())
            picture = self.picture()
            self.frames.append(
                Frame(second, by, told, picture, self._unwritten if by == OPERATOR else picture)
            )


def _version(number: int) -> Manifest:
    digest = "sha256:" + f"{number}" * 64
    files = {"model": {"uri": f"pvc://leeway-models/iris/{number}.skops", "digest": digest, "sizeBytes": 9}}
    version = model_version(f"v{number}", uid=f"version-{number}", files=files)
    verified = {**version["status"]["conditions"][0], "type": ARTIFACT_VERIFIED}
    version["status"]["conditions"].append(verified)
    return version
