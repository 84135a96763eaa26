"""How long and how large a request may be while it is received. uvicorn itself sets no such limits."""

import asyncio
from collections.abc import Iterable
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from model_server.http.messages import Presence
from model_server.http.port.upgrade import SteadyParser
from model_server.rows.refusal import error_body

MAX_HEADER_BYTES = 16 << 10
MAX_HEADERS = 100
MAX_CONNECTIONS = 2000  # of one port
MAX_PIPELINED = 16  # requests of one connection that wait while another one is answered
RECEIVE_SECONDS = 10.0
READ_SECONDS = 10.0
LINGER_SECONDS = 1.0


class PipelineFull(Exception):  # noqa: N818  no fault, but the end of what is taken
    """A connection has sent more requests ahead than wait for an answer."""


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's HTTP/1.1 with an absolute deadline for headers and body together, and caps on what one client holds.

    The clock starts with the connection or the first byte of the next request, and stops with the
    last byte of the body; so a client that sends one byte a second is gone after `receive_seconds`.
    """

    receive_seconds = RECEIVE_SECONDS
    max_connections = MAX_CONNECTIONS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.presence = Presence()
        self.app_state = {**self.app_state, "client": self.presence}  # uvicorn hands it to the application
        self.parser: Any = SteadyParser(self.parser, self)
        self.deadline: asyncio.TimerHandle | None = None
        self.header_bytes = 0
        self.in_headers = True
        self.answering: RequestResponseCycle | None = None
        self.is_full = False
        self.answers = 0
        self.unread: tuple[int, float] | None = None  # which answer, and since when

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the clock of the first request, or send the client away when there are too many."""
        super().connection_made(transport)
        if len(self.connections) > self.max_connections:
            self.refuse(503, f"{self.max_connections} connections are open; try again")
        else:
            self.start_clock()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clock, and let those who work for this client know."""
        self.presence.is_here = False
        self.stop_clock()
        # uvicorn tells the latest request only, and the one that is being answered would write on.
        if self.answering:
            self.answering.disconnected = True
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes; refuse headers that never end."""
        if self.is_full:
            return
        self.start_clock()
        super().data_received(data)
        if self.in_headers:
            self.header_bytes += len(data)
            if self.header_bytes > MAX_HEADER_BYTES:
                self.refuse(431, f"the headers are larger than {MAX_HEADER_BYTES} bytes")

    def on_message_begin(self) -> None:
        """Start counting a request's headers, unless too many requests wait before it."""
        if len(self.pipeline) >= MAX_PIPELINED:
            self.take_no_more()
        self.start_clock()
        self.in_headers = True
        self.header_bytes = 0
        super().on_message_begin()

    def take_no_more(self) -> None:
        """Close the connection after the answer to the last request taken, and stop the parser here."""
        self.is_full = True
        self.stop_clock()
        latest, _ = self.pipeline[0]
        latest.keep_alive = False
        raise PipelineFull

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
        # uvicorn stops reading while it holds much of a body, and would not see that the client leaves meanwhile.
        if not self.pipeline:
            self.flow.resume_reading()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        """Note which request is being answered."""
        self.answering = cycle
        super()._start_asgi_task(cycle, app)

    def on_response_complete(self) -> None:
        """Note that one more answer was given to the transport."""
        self.answers += 1
        super().on_response_complete()

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
        self.stop_clock()
        if self.is_answering():
            self.start_clock()  # the answer under way is not lost for the sake of the next request
        else:
            self.refuse(408, f"the request was not complete after {self.receive_seconds:g} seconds")

    def send_400_response(self, msg: str) -> None:
        """Refuse bytes that are not HTTP, in our one shape of errors."""
        if not self.is_full:
            self.refuse(400, f"{msg.rstrip('.').lower()}; send HTTP/1.1 with at most {MAX_HEADERS} headers")

    def refuse(self, status: int, error: str) -> None:
        """Answer with this error unless an answer has begun, and close the connection."""
        self.stop_clock()
        if self.transport.is_closing() or self.is_full:
            return
        if self.can_answer():
            body = error_body(error)
            headers = [
                *self.server_state.default_headers,
                (b"content-type", b"application/json"),
                (b"content-length", str(len(body)).encode()),
                (b"connection", b"close"),
            ]
            if status == 503:
                headers.append((b"retry-after", b"1"))
            lines = b"".join(b"%b: %b\r\n" % header for header in headers)
            self.transport.write(STATUS_LINE[status] + lines + b"\r\n" + body)
        self.linger()

    def linger(self) -> None:
        """Send no more, drop what still arrives, and close the connection when the client has had time to read."""
        # A connection that is closed while bytes arrive is reset, and the reset may overtake the answer (RFC 9112,
        # section 9.6). One client too many is no reason to keep even more of them.
        self.is_full = True
        if len(self.connections) > self.max_connections or not self.transport.can_write_eof():
            self.transport.close()
            return
        self.transport.write_eof()
        self.flow.resume_reading()
        self.loop.call_later(LINGER_SECONDS, self.transport.close)

    def is_answering(self) -> bool:
        """Return whether an earlier request than the one on the wire is being answered."""
        if self.cycle is None:
            return False
        return not self.cycle.response_complete if self.in_headers else bool(self.pipeline)

    def can_answer(self) -> bool:
        """Return whether the request on the wire has no answer yet, and is the one to be answered next."""
        if self.cycle is None:
            return True
        return self.cycle.response_complete if self.in_headers else not self.cycle.response_started

    def drop_slow_reader(self, now: float, seconds: float) -> None:
        """End the connection when one answer was not read to its end for so long; called again and again."""
        if not self.transport.get_write_buffer_size():
            self.unread = None
        elif self.unread is None or self.unread[0] != self.answers:
            self.unread = (self.answers, now)
        elif now - self.unread[1] >= seconds:
            self.transport.abort()


def drop_slow_readers(connections: Iterable[Any], now: float, seconds: float = READ_SECONDS) -> None:
    """End the connections whose clients do not read; times are those of the event loop."""
    for connection in list(connections):
        connection.drop_slow_reader(now, seconds)
