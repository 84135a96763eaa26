"""The pods whose metrics page is read: those that belong to a revision of ours by uid, and no other."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from leeway.api.kinds import DEPLOYMENT, MODEL_DEPLOYMENT, POD, REPLICA_SET, Key, Manifest
from leeway.core.deployment.children.workload import METRICS_PORT
from leeway.core.names import LABEL_DEPLOYMENT, revision_deployment
from leeway.core.pods.template import is_owned_by
from leeway.shell.cluster import Cluster, ClusterError
from leeway.shell.watch.cache import ChildCache, controller_of

# A round must not wait for an API server that is away; what is not known by then is asked for in the next one.
LOOKUP_SECONDS = 2.0
LOOKUPS_AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class Target:
    """A pod to ask; without a `url` it cannot be asked, and `refusal` says why."""

    uid: str
    name: str
    url: str = ""  # http://ADDRESS:PORT
    refusal: str = ""
    is_leaving: bool = False
    is_ready: bool = False


@dataclass(slots=True)
class Targets:
    """Finds the pods of revisions.

    Labels prove nothing: anybody may write them. A pod is asked if its controller is a ReplicaSet whose controller is
    the revision's Deployment, which is ours, each by uid. ReplicaSets are not watched: each is read once, by name.
    """

    cluster: Cluster
    cache: ChildCache
    port: int = METRICS_PORT
    _owners: dict[str, str] = field(default_factory=dict)  # uid of a ReplicaSet: uid of its controller

    async def learn(self, pods: Iterable[Manifest]) -> None:
        """Read the ReplicaSets of these pods that are not known yet, and forget those of no pod among them."""
        wanted = {reference["uid"]: (pod, reference) for pod in pods if (reference := _replica_set_of(pod))}
        self._owners = {uid: owner for uid, owner in self._owners.items() if uid in wanted}
        places = asyncio.Semaphore(LOOKUPS_AT_ONCE)

        async def read(pod: Manifest, reference: Manifest) -> None:
            async with places:
                await self._read(pod["metadata"]["namespace"], reference)

        unknown = [named for uid, named in wanted.items() if uid not in self._owners]
        try:
            async with asyncio.timeout(LOOKUP_SECONDS):
                await asyncio.gather(*(read(*named) for named in unknown))
        except TimeoutError:
            return

    def pods_of(self, deployment: Key) -> tuple[Manifest, ...]:
        """Return the running pods that are labelled as a ModelDeployment's."""
        shown = self.cache.pods_of(deployment.namespace, {LABEL_DEPLOYMENT: deployment.name})
        return tuple(pod for pod in shown if (pod.get("status") or {}).get("phase") == "Running")

    def of_revision(self, deployment: Key, uid: str, revision: str) -> tuple[Target, ...]:
        """Return the running pods of one revision of the ModelDeployment with this uid."""
        assert deployment.kind == MODEL_DEPLOYMENT.kind
        name = revision_deployment(deployment.name, revision)
        workload = self.cache.get(Key(DEPLOYMENT.kind, deployment.namespace, name))
        if workload is None or not is_owned_by(workload, uid):
            return ()
        found = (self._target(pod, workload["metadata"]["uid"], name) for pod in self.pods_of(deployment))
        return tuple(target for target in found if target is not None)

    async def _read(self, namespace: str, reference: Manifest) -> None:
        try:
            found = await self.cluster.get(REPLICA_SET, namespace, reference["name"])
        except ClusterError:
            return
        if found is None or found["metadata"]["uid"] != reference["uid"]:
            return
        owner = controller_of(found)
        self._owners[reference["uid"]] = str(owner["uid"]) if owner else ""

    def _target(self, pod: Manifest, workload: str, name: str) -> Target | None:
        reference = _replica_set_of(pod)
        if reference is None:
            return None
        metadata = pod["metadata"]
        target = Target(
            metadata["uid"],
            metadata["name"],
            is_leaving=bool(metadata.get("deletionTimestamp")),
            is_ready=_is_ready(pod),
        )
        owner = self._owners.get(reference["uid"])
        # A ReplicaSet's name begins with its Deployment's: the pod is ours by that, as long as nobody says otherwise.
        if owner is None and reference["name"].startswith(f"{name}-"):
            return replace(target, refusal=f"its ReplicaSet {reference['name']} could not be read")
        if owner != workload:
            return None
        address = _address(pod["status"].get("podIP", ""))
        if not address:
            return replace(target, refusal="it has no address")
        return replace(target, url=f"http://{address}:{self.port}")


def _is_ready(pod: Manifest) -> bool:
    conditions = pod["status"].get("conditions") or ()
    return any(one.get("type") == "Ready" and one.get("status") == "True" for one in conditions)


def _replica_set_of(pod: Manifest) -> Manifest | None:
    assert pod["kind"] == POD.kind
    reference = controller_of(pod)
    is_one = reference is not None and (reference["apiVersion"], reference["kind"]) == (
        REPLICA_SET.api_version,
        REPLICA_SET.kind,
    )
    return reference if is_one else None


def _address(text: str) -> str:
    """Return an address as a URL has it; empty for what is none."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return ""
    return f"[{address}]" if address.version == 6 else str(address)
