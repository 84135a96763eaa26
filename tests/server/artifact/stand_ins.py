"""Stand-ins for what lies outside: a listener that counts, and an internet of a few names and addresses."""

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from model_server.artifact.stores.reach import Reach


@dataclass
class Listener:
    """A port of this machine, on every address of it, and how many connections it was sent."""

    port: int
    hits: int = 0


@contextmanager
def listening() -> Iterator[Listener]:
    """Yield a listener that counts connections and answers none."""
    with socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True) as server:
        listener = Listener(server.getsockname()[1])

        def count() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                listener.hits += 1
                connection.close()

        thread = threading.Thread(target=count)
        thread.start()
        try:
            yield listener
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


PUBLIC = "93.184.215.14"


@dataclass
class Internet:
    """Names with the addresses that each look-up answers in turn, and one public address that is `served`."""

    names: Mapping[str, list[list[str]]]
    served: tuple[str, int]
    asked: list[str] = field(default_factory=list)
    reached: list[str] = field(default_factory=list)

    def look_up(self, host: str, _: int) -> list[str]:
        self.asked.append(host)
        answers = self.names.get(host, [[host]])
        return answers[min(self.asked.count(host), len(answers)) - 1]

    def open_socket(self, address: tuple[str, int], timeout: float | None) -> socket.socket:
        self.reached.append(address[0])
        return socket.create_connection(self.served if address[0] == PUBLIC else address, timeout)

    def reach(self) -> Reach:
        """What a pod reaches in this internet, where the installation allows nothing private."""
        return Reach(look_up=self.look_up, open_socket=self.open_socket)
