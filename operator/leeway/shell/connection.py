"""The connection to the API server, for our own requests and for kopf's session.

Nothing else imports the client library; an import contract of `make lint` holds that.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import aiohttp
from kubernetes.aio import config
from kubernetes.aio.client import ApiClient, Configuration

from leeway.api.kinds import Manifest

TOKEN = Path("/var/run/secrets/kubernetes.io/serviceaccount/token")
CONNECT_SECONDS = 3.0
USER_AGENT = "leeway"

Note = Callable[[aiohttp.ClientResponse], None]


class NoLoginError(Exception):
    """No login to an API server was found; the message says what was tried."""


class NoAnswerError(Exception):
    """The API server did not answer, or not in time."""


@dataclass(frozen=True, slots=True)
class Response:
    """The raw answer to a request."""

    status: int
    retry_after: str | None
    content: bytes


class Connection(Protocol):
    """Sends requests to the API server."""

    async def send(
        self, method: str, path: str, body: Manifest | None, content_type: str, seconds: float
    ) -> Response:
        """Return the answer, whatever its code; raise NoAnswerError when there is none within the seconds."""


class ApiServer:
    """A Connection by the official client, refreshed tokens and client certificates included."""

    def __init__(self, client: ApiClient) -> None:
        self._client = client
        self.url: str = client.configuration.host

    async def send(
        self, method: str, path: str, body: Manifest | None, content_type: str, seconds: float
    ) -> Response:
        """Return the answer, whatever its code; raise NoAnswerError when there is none within the seconds."""
        headers = {"Content-Type": content_type, "Accept": "application/json", "User-Agent": USER_AGENT}
        limit = aiohttp.ClientTimeout(total=seconds, sock_connect=CONNECT_SECONDS)
        try:
            response = await self._client.call_api(
                method, self.url + path, headers | await self._authorization(), body, _request_timeout=limit
            )
            content: bytes = await response.read()  # type: ignore[no-untyped-call]
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise NoAnswerError(str(error) or type(error).__name__) from error
        return Response(response.status, response.headers.get("Retry-After"), content)

    def make_session(self, note: Note) -> aiohttp.ClientSession:
        """Return a session with this login; `note` is called with each response once its headers are there."""

        async def authorize_and_note(
            request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType
        ) -> aiohttp.ClientResponse:
            # A service account's token changes every hour, so it is asked for at each request.
            request.headers.update(await self._authorization())
            response = await send(request)
            note(response)
            return response

        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, ssl=self._client.rest_client.ssl_context),
            middlewares=(authorize_and_note,),
            proxy=self._client.configuration.proxy,
            headers={"User-Agent": USER_AGENT},
        )

    async def _authorization(self) -> dict[str, str]:
        headers: dict[str, str] = {}
        await self._client.update_params_for_auth(headers, None, ["BearerToken"], "", "", None)
        return headers


@asynccontextmanager
async def open_api_server(kubeconfig: str = "") -> AsyncIterator[ApiServer]:
    """Open the API server of the kubeconfig; without one that of this pod, else that of ~/.kube/config."""
    # aiohttp would read ~/.netrc and the proxy variables in a thread, twice for each request.
    configuration = Configuration(client_session_kwargs={"trust_env": False})
    try:
        if kubeconfig or not _is_pod():
            await config.load_kube_config(  # type: ignore[no-untyped-call]
                kubeconfig or None, client_configuration=configuration, persist_config=False
            )
        else:
            config.load_incluster_config(configuration)  # type: ignore[no-untyped-call]
    except (config.ConfigException, OSError) as error:
        hint = "set KUBECONFIG, or run in a pod with a service account"
        raise NoLoginError(f"logging in to the cluster: {error}; {hint}") from error
    async with ApiClient(configuration) as client:
        yield ApiServer(client)


def _is_pod() -> bool:
    return TOKEN.exists()
