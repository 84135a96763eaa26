"""Offers to change the protocol, which this server passes over as RFC 9110 (section 7.8) lets it."""

from typing import Any, Protocol

import httptools

UPGRADE = b"upgrade"


class Receiver(Protocol):
    """What a parser tells its events to: uvicorn's protocol, with the request line and headers so far."""

    url: bytes
    headers: list[tuple[bytes, bytes]]


class SteadyParser:
    """httptools' parser of requests, which stays with HTTP/1.1 whatever a client offers.

    httptools itself takes what follows the headers of such a request for bytes of the offered protocol, and drops
    the body; yet some clients offer HTTP/2 with every request. So it is told those headers once more without the
    offer. Everything after them, and every other request, reaches it as it came.
    """

    def __init__(self, parser: Any, receiver: Receiver) -> None:
        self.parser = parser
        self.receiver = receiver

    def __getattr__(self, name: str) -> Any:
        """Return what the parser itself has: method, version, whether the connection stays."""
        return getattr(self.parser, name)

    @property
    def is_offered(self) -> bool:
        """Return whether the request being read offers another protocol; CONNECT demands one, which is no offer."""
        return bool(self.parser.should_upgrade()) and self.parser.get_method() != b"CONNECT"

    def feed_data(self, data: bytes) -> None:
        """Parse bytes as they come from the wire, however they are cut."""
        while data:
            try:
                self.parser.feed_data(data)
            except httptools.HttpParserUpgrade as offer:
                if not self.is_offered:
                    raise
                [end] = offer.args  # where the headers ended
                data = data[end:]
                self.parser.feed_data(self.head_without_offer())
            else:
                return

    def head_without_offer(self) -> bytes:
        """Return request line and headers of the request being read, without `Upgrade`."""
        version = self.parser.get_http_version().encode()
        lines = [b"%b %b HTTP/%b" % (self.parser.get_method(), self.receiver.url, version)]
        lines += [b"%b: %b" % (name, value) for name, value in self.receiver.headers if name != UPGRADE]
        return b"\r\n".join([*lines, b"", b""])
