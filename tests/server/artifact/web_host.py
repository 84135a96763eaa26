"""A small web server whose answers a test decides."""

import http.server
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email.message import Message

Answer = tuple[int, Mapping[str, str], bytes]


@contextmanager
def web_host(answers: Mapping[str, Answer]) -> Iterator[tuple[str, list[Message]]]:
    """Yield the address of a server with these answers by path, and the headers it has been sent."""
    seen: list[Message] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(self.headers)
            status, headers, body = answers[self.path]
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Keep the test's output clean."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}", seen
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
