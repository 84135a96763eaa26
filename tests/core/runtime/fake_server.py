"""A fake of the connection to the API server: it stores objects by path, and fails as told."""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry

from leeway.api.kinds import KINDS, Manifest
from leeway.shell.cluster import Cluster
from leeway.shell.connection import NoAnswerError, Response
from leeway.shell.rate import TokenBucket
from leeway.shell.telemetry import Telemetry, WatchActivity
from tests.core.runtime.worlds import HandClock

PLURALS = {kind.plural for kind in KINDS.values()}


@dataclass
class FakeServer:
    """Answers as told, in order; when nothing is told, as a small API server that fences by resourceVersion."""

    told: deque[Response | NoAnswerError] = field(default_factory=deque)
    asked: list[tuple[str, str, Manifest | None]] = field(default_factory=list)
    objects: dict[str, Manifest] = field(default_factory=dict)
    is_down: bool = False
    version: int = 100

    async def send(
        self, method: str, path: str, body: Manifest | None, content_type: str, seconds: float
    ) -> Response:
        self.asked.append((method, path, body))
        if self.is_down:
            raise NoAnswerError("connection refused")
        if self.told:
            answer = self.told.popleft()
            if isinstance(answer, NoAnswerError):
                raise answer
            return answer
        return self._serve(method, path.partition("?")[0], body)

    def _serve(self, method: str, path: str, body: Manifest | None) -> Response:
        if method == "GET" and path.rpartition("/")[2] in PLURALS:
            return self._list(path.rpartition("/")[2])
        held = self.objects.get(path)
        if method == "POST":
            assert body is not None
            return self._store(f"{path}/{body['metadata']['name']}", body, 201)
        if held is None:
            return status(404, "NotFound")
        if method == "GET":
            return answer_of(200, held)
        assert body is not None
        if body["metadata"].get("resourceVersion") != held["metadata"]["resourceVersion"]:
            return status(409, "Conflict")
        return self._store(path, body, 200)

    def _list(self, plural: str) -> Response:
        items = [held for path, held in self.objects.items() if path.split("/")[-2] == plural]
        return answer_of(200, {"metadata": {"resourceVersion": str(self.version)}, "items": items})

    def put(self, manifest: Manifest) -> None:
        """The object exists as given."""
        metadata = manifest["metadata"]
        path = KINDS[manifest["kind"]].path(metadata["namespace"], metadata["name"])
        self.version = max(self.version, int(metadata["resourceVersion"]))
        self.objects[path] = manifest

    def _store(self, path: str, body: Manifest, code: int) -> Response:
        if code == 201 and path in self.objects:
            return status(409, "AlreadyExists")
        self.version += 1
        version = str(self.version)
        self.objects[path] = {**body, "metadata": {**body["metadata"], "resourceVersion": version}}
        return answer_of(code, self.objects[path])


def answer_of(code: int, body: Manifest, retry_after: str | None = None) -> Response:
    return Response(code, retry_after, json.dumps(body).encode())


def status(code: int, reason: str, message: str = "", retry_after: str | None = None) -> Response:
    return answer_of(code, {"kind": "Status", "reason": reason, "message": message or reason}, retry_after)


def make_telemetry(clock: HandClock) -> Telemetry:
    return Telemetry(CollectorRegistry(), WatchActivity(clock, ["Job"]))


def make_cluster(server: FakeServer, clock: HandClock, telemetry: Telemetry | None = None) -> Cluster:
    bucket = TokenBucket(20, 30, clock, clock.sleep)
    return Cluster(server, telemetry or make_telemetry(clock), bucket, wrote=lambda _: None)
