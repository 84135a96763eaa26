"""How long and how large a request may be while it is received. uvicorn itself sets no such limits."""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from model_server.http.upgrade import SteadyParser
from model_server.rows.refusal import error_body

MAX_HEADER_BYTES = 16 << 10
MAX_HEADERS = 100
RECEIVE_SECONDS = 10.0


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's HTTP/1.1 with an absolute deadline for headers and body together, and caps on the headers.

    The clock starts with the connection or the first byte of the next request, and stops with the
    last byte of the body; so a client that sends one byte a second is gone after `receive_seconds`.
    """

    receive_seconds = RECEIVE_SECONDS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.parser: Any = SteadyParser(self.parser, self)
        self.deadline: asyncio.TimerHandle | None = None
        self.header_bytes = 0
        self.in_headers = True

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the clock of the first request."""
        super().connection_made(transport)
        self.start_clock()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clock."""
        self.stop_clock()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes; refuse headers that never end."""
        self.start_clock()
        super().data_received(data)
        if self.in_headers:
            self.header_bytes += len(data)
            if self.header_bytes > MAX_HEADER_BYTES:
                self.refuse(431, f"the headers are larger than {MAX_HEADER_BYTES} bytes")

    def on_message_begin(self) -> None:
        """Start counting a request's headers."""
        self.start_clock()
        self.in_headers = True
        self.header_bytes = 0
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header, or fail (which the parser answers with 400) when there are too many or too large ones."""
        self.header_bytes += len(name) + len(value)
        if len(self.headers) >= MAX_HEADERS or self.header_bytes > MAX_HEADER_BYTES:
            raise ValueError("too many headers")
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Stop counting headers, and start to answer unless they come again without an offer to upgrade."""
        if self.parser.is_offered:
            return  # uvicorn would start to answer now, without the body
        self.in_headers = False
        self.header_bytes = 0
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Stop the clock: the rest is our own time."""
        if self.parser.is_offered:
            return
        self.stop_clock()
        super().on_message_complete()

    def start_clock(self) -> None:
        """Close the connection when the request is not complete in time."""
        if self.deadline is None:
            self.deadline = self.loop.call_later(self.receive_seconds, self.give_up)

    def stop_clock(self) -> None:
        """Let the connection live."""
        if self.deadline is not None:
            self.deadline.cancel()
            self.deadline = None

    def give_up(self) -> None:
        """Refuse a request that did not arrive in time."""
        self.refuse(408, f"the request was not complete after {self.receive_seconds:g} seconds")

    def send_400_response(self, msg: str) -> None:
        """Refuse bytes that are not HTTP, in our one shape of errors."""
        self.refuse(400, f"{msg.rstrip('.').lower()}; send HTTP/1.1 with at most {MAX_HEADERS} headers")

    def refuse(self, status: int, error: str) -> None:
        """Answer with this error unless an answer has begun, and close the connection."""
        self.stop_clock()
        if self.transport.is_closing():
            return
        if self.can_answer():
            body = error_body(error)
            self.transport.write(
                STATUS_LINE[status]
                + b"content-type: application/json\r\nconnection: close\r\n"
                + f"content-length: {len(body)}\r\n\r\n".encode()
                + body
            )
        self.transport.close()

    def can_answer(self) -> bool:
        """Return whether the request on the wire has no answer yet, and is the one to be answered next."""
        if self.cycle is None:
            return True
        return self.cycle.response_complete if self.in_headers else not self.cycle.response_started
