"""The one seam to Kubernetes: plain manifests in and out, a time limit on every request, four kinds of failure."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from leeway.api.kinds import KINDS, Key, Kind, Manifest, key_of
from leeway.core.names import FIELD_MANAGER
from leeway.shell.connection import Connection, NoAnswerError, Response
from leeway.shell.rate import TokenBucket
from leeway.shell.telemetry import Telemetry

TOTAL_SECONDS = 15.0
PAGE_SIZE = 500

JSON = "application/json"
APPLY_YAML = "application/apply-patch+yaml"  # JSON is YAML
# A resourceVersion that no object has: etcd is at a later revision before the first object is written.
NEVER = "1"


class ClusterError(Exception):
    """A request failed; another attempt may succeed."""


class Refused(ClusterError):  # noqa: N818  a name of the seam
    """The API server refused the request; the same request again soon is useless."""

    def __init__(self, message: str, cause: str = "") -> None:
        super().__init__(message)
        self.cause = cause


class Conflict(ClusterError):  # noqa: N818  a name of the seam
    """The object changed since it was read."""


class AlreadyExists(Conflict):
    """An object of that name exists."""


@dataclass(frozen=True, slots=True)
class Listing:
    """All objects of one kind at one resourceVersion."""

    items: list[Manifest]
    resource_version: int


@dataclass(frozen=True, slots=True)
class Request:
    """One request; `verb` is Kubernetes' name for it, `what` names the object in messages."""

    verb: str
    method: str
    kind: Kind
    path: str
    what: str
    body: Manifest | None = None
    content_type: str = JSON


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a request: status code, decoded body, and the pause in seconds that the server asks for."""

    code: int
    body: Manifest
    retry_after: float | None


class Cluster:
    """Reads and writes objects; `wrote` is called with each written object as the API server stored it."""

    def __init__(
        self,
        connection: Connection,
        telemetry: Telemetry,
        bucket: TokenBucket,
        wrote: Callable[[Manifest], object],
    ) -> None:
        self._connection = connection
        self._telemetry = telemetry
        self._bucket = bucket
        self._wrote = wrote

    async def get(self, kind: Kind, namespace: str, name: str) -> Manifest | None:
        """Return the object, or None when there is none."""
        what = f"{kind.kind} {namespace}/{name}"
        answer = await self._send(Request("get", "GET", kind, kind.path(namespace, name), what))
        return None if answer.code == 404 else _accepted(answer, what)

    async def list_at(
        self, kind: Kind, namespace: str | None, label_selector: str = "", field_selector: str = ""
    ) -> Listing:
        """Return all objects of a kind at one resourceVersion."""
        given = {"labelSelector": label_selector, "fieldSelector": field_selector}
        return await self._list(kind, namespace, {name: text for name, text in given.items() if text})

    async def _list(self, kind: Kind, namespace: str | None, selectors: dict[str, str]) -> Listing:
        query = {"limit": str(PAGE_SIZE)} | selectors
        items: list[Manifest] = []
        while True:
            page = await self._page(kind, namespace, query)
            items.extend({"apiVersion": kind.api_version, "kind": kind.kind} | item for item in page["items"])
            metadata = page["metadata"]
            # All pages are of the first one's resourceVersion: the continue token carries it.
            if not metadata.get("continue"):
                return Listing(items, int(metadata.get("resourceVersion") or 0))
            query["continue"] = metadata["continue"]

    async def create(self, manifest: Manifest) -> Manifest:
        """Create an object; raise AlreadyExists when one of its name does."""
        key, kind = _named(manifest)
        await self._bucket.take()
        path = f"{kind.path(key.namespace)}?fieldManager={FIELD_MANAGER}"
        return self._told(await self._do(Request("create", "POST", kind, path, str(key), manifest)))

    async def apply(self, manifest: Manifest, *, is_new: bool = False) -> Manifest:
        """Give the object the fields of the manifest by server-side apply.

        With `is_new`, raise AlreadyExists when an object of that name exists, before anything is changed.
        """
        # With force: a field that somebody edited by hand is ours to correct.
        await self._bucket.take()
        if not is_new:
            return self._told(await self._do(_apply_request(manifest)))
        # The API server ignores a resourceVersion for a name that is free, and refuses one that no object has for a
        # name that is taken (tests/cluster/test_seam.py). A plain create would do as well, but its fields would not
        # belong to our field manager, and a later apply could not remove them.
        guarded = {**manifest, "metadata": {**manifest["metadata"], "resourceVersion": NEVER}}
        try:
            return self._told(await self._do(_apply_request(guarded)))
        except Conflict as conflict:
            raise AlreadyExists(str(conflict)) from conflict

    async def delete(self, key: Key, uid: str) -> bool:
        """Delete the object of this uid, its dependants after it; return False if it is gone or has another uid."""
        await self._bucket.take()
        kind = KINDS[key.kind]
        body: Manifest = {"preconditions": {"uid": uid}, "propagationPolicy": "Background"}
        path = kind.path(key.namespace, key.name)
        answer = await self._send(Request("delete", "DELETE", kind, path, str(key), body))
        if answer.code in (404, 409):
            return False
        _accepted(answer, str(key))
        return True

    async def write_status(self, manifest: Manifest) -> Manifest:
        """Replace the object's status; raise Conflict when the object changed or is gone since it was read."""
        key, kind = _named(manifest)
        await self._bucket.take()
        path = f"{kind.path(key.namespace, key.name, 'status')}?fieldManager={FIELD_MANAGER}"
        request = Request("update", "PUT", kind, path, f"the status of {key}", manifest)
        answer = await self._send(request)
        if answer.code == 404:
            raise Conflict(f"{key} is gone")
        return self._told(self._counted(request, answer))

    async def replace(self, manifest: Manifest) -> Manifest:
        """Replace the object; raise Conflict when it changed since it was read."""
        # For the Lease, so it takes no token: a burst of other writes must not cost us the leadership.
        key, kind = _named(manifest)
        path = f"{kind.path(key.namespace, key.name)}?fieldManager={FIELD_MANAGER}"
        return await self._do(Request("update", "PUT", kind, path, str(key), manifest))

    async def record(self, event: Manifest) -> None:
        """Create an Event; one of the same name is the same Event, and stays."""
        # The recorder has a bucket of its own: Events never delay other writes.
        key, kind = _named(event)
        path = f"{kind.path(key.namespace)}?fieldManager={FIELD_MANAGER}"
        with contextlib.suppress(AlreadyExists):  # an Event's time and reporter cannot change
            await self._do(Request("create", "POST", kind, path, str(key), event))

    async def _page(self, kind: Kind, namespace: str | None, query: dict[str, str]) -> Manifest:
        where = f"in namespace {namespace}" if namespace else "in all namespaces"
        path = f"{kind.path(namespace)}?{urlencode(query)}"
        what = f"the list of {kind.plural} {where}"
        return _accepted(await self._send(Request("list", "GET", kind, path, what)), what)

    async def _do(self, request: Request) -> Manifest:
        return self._counted(request, await self._send(request))

    def _counted(self, request: Request, answer: Answer) -> Manifest:
        body = _accepted(answer, request.what)
        self._telemetry.count_write(request.verb, request.kind.kind)
        return body

    def _told(self, manifest: Manifest) -> Manifest:
        self._wrote(manifest)
        return manifest

    async def _send(self, request: Request) -> Answer:
        """Send a request, and once more if the server asks for a pause that fits into the time limit."""
        deadline = asyncio.get_running_loop().time() + TOTAL_SECONDS
        answer = await self._send_once(request, TOTAL_SECONDS)
        if answer.retry_after is None:
            return answer
        left = deadline - asyncio.get_running_loop().time() - answer.retry_after
        if left <= 0:
            return answer
        await asyncio.sleep(answer.retry_after)
        return await self._send_once(request, left)

    async def _send_once(self, request: Request, seconds: float) -> Answer:
        code = 0
        try:
            response = await self._connection.send(
                request.method, request.path, request.body, request.content_type, seconds
            )
            code = response.status
        except NoAnswerError as error:
            raise ClusterError(f"{request.verb} {request.what}: no answer: {error}") from error
        finally:
            self._telemetry.count_request(request.verb, request.kind.kind, code)
        return Answer(code, _decoded(response.content), _pause_of(response))


def _named(manifest: Manifest) -> tuple[Key, Kind]:
    key = key_of(manifest)
    return key, KINDS[key.kind]


def _apply_request(manifest: Manifest) -> Request:
    key, kind = _named(manifest)
    path = f"{kind.path(key.namespace, key.name)}?fieldManager={FIELD_MANAGER}&force=true"
    return Request("apply", "PATCH", kind, path, str(key), manifest, APPLY_YAML)


def _pause_of(response: Response) -> float | None:
    wanted = response.retry_after
    if (response.status == 429 or response.status >= 500) and wanted is not None and wanted.isdigit():
        return float(wanted)
    return None


def _decoded(text: bytes) -> Manifest:
    try:
        body: Any = json.loads(text)
    except ValueError:
        body = None
    return body if isinstance(body, dict) else {"message": text.decode(errors="replace")[:200]}


def _accepted(answer: Answer, what: str) -> Manifest:
    """Return the body of a success; raise the failure that another code stands for."""
    if 200 <= answer.code < 300:
        return answer.body
    message = f"{what}: {answer.body.get('message') or 'no reason given'} ({answer.code})"
    if answer.code == 409:
        raise AlreadyExists(message) if answer.body.get("reason") == "AlreadyExists" else Conflict(message)
    # Answers that the same request would get again. 401 is not among them: a token may have expired just now.
    if answer.code in (400, 403, 404, 405, 413, 415, 422):
        raise Refused(message, _cause_of(answer.body))
    raise ClusterError(message)


def _cause_of(status: Manifest) -> str:
    """Return the API server's machine-readable cause, or an empty text."""
    causes = (status.get("details") or {}).get("causes") or [{}]
    return str(causes[0].get("reason", ""))
