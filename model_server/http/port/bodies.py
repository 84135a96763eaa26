"""Bodies as they arrive: how much of them is held at once, all requests together."""

from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from model_server.http.lanes import Crowded, Unwanted

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]

MAX_HELD_BYTES = 32 << 20
# A small body is never refused for the sake of large ones; the cap on connections bounds what all small ones hold.
SMALL_BYTES = 16 << 10


@dataclass
class Allowance:
    """Bytes that large bodies may hold together, from their first chunk until they are answered."""

    limit: int
    held: int = 0

    @contextmanager
    def hold(self) -> Iterator["Held"]:
        """Give one body a share, and take it back when the request is over."""
        share = Held(self)
        try:
            yield share
        finally:
            self.held -= share.size


@dataclass
class Held:
    """What one body holds of the allowance."""

    allowance: Allowance
    size: int = 0

    def grow(self, size: int) -> None:
        """Hold `size` bytes in all, or raise `Crowded` when the allowance does not have them."""
        if size <= SMALL_BYTES:
            return
        more = size - self.size
        if self.allowance.held + more > self.allowance.limit:
            raise Crowded(f"requests hold {self.allowance.held} bytes of bodies")
        self.allowance.held += more
        self.size = size


async def receive_body(receive: Receive, limit: int, share: Held) -> bytes:
    """Return the whole body, or of one over the limit as much as shows that; the deadline is the protocol's.

    Raises `Unwanted` when the client leaves before the end, and `Crowded` when too much is held already.
    """
    message = await receive()
    chunks = [message.get("body", b"")]
    size = len(chunks[0])
    share.grow(size)
    while message.get("more_body", False) and size <= limit:
        message = await receive()
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        share.grow(size)
    if message["type"] == "http.disconnect":
        raise Unwanted
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)
