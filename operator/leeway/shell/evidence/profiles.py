"""The reference profiles of versions, fetched from their pods and believed by their digest."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

import aiohttp

from leeway.core.evidence.profile import Profile, ProfileRefused, read_profile
from leeway.shell.evidence.scrape import scrape_pod
from leeway.shell.watch.owners import Owners

RETRY_SECONDS = 60.0
_NOT_YET = "it was not fetched yet"


def profile_digest(owners: Owners, namespace: str, name: str) -> tuple[str, str]:
    """Return the digest of a version's profile file, or an empty text and why there is none."""
    version = owners.find_version(namespace, name)
    if version is None:
        return "", f"ModelVersion {name} is gone, and its profile's digest with it"
    digest = ((version["spec"].get("files") or {}).get("profile") or {}).get("digest", "")
    return digest, "" if digest else f"ModelVersion {name} has no spec.files.profile"


@dataclass(frozen=True, slots=True)
class _Attempt:
    at: float
    profile: Profile | None
    why_none: str


@dataclass(slots=True)
class Profiles:
    """Profiles by the digest of their file, which a ModelVersion records."""

    clock: Callable[[], float]
    _attempts: dict[str, _Attempt] = field(default_factory=dict)

    def get(self, digest: str) -> tuple[Profile | None, str]:
        """Return the profile, or None and why there is none."""
        attempt = self._attempts.get(digest)
        return (attempt.profile, attempt.why_none) if attempt else (None, _NOT_YET)

    def is_due(self, digest: str) -> bool:
        """Return whether the profile is to be fetched now: it was not yet, or failed a minute ago."""
        attempt = self._attempts.get(digest)
        if attempt is None:
            return True
        return attempt.profile is None and self.clock() - attempt.at >= RETRY_SECONDS

    async def fetch(self, session: aiohttp.ClientSession, digest: str, url: str, pod: str) -> None:
        """Fetch the profile from a pod at `url`; never raise."""
        at = self.clock()
        answer = await scrape_pod(session, f"{url}/profile")
        profile, refusal = None, answer.refusal
        if not refusal:
            try:
                profile = await asyncio.to_thread(read_profile, answer.content, digest)
            except ProfileRefused as error:
                refusal = str(error)
        self._attempts[digest] = _Attempt(at, profile, f"pod {pod}: {refusal}" if refusal else "")

    def keep(self, digests: Collection[str]) -> None:
        """Forget the profiles that no version in use has."""
        self._attempts = {digest: one for digest, one in self._attempts.items() if digest in digests}
