"""Which addresses may be fetched from: a name is looked up once, and the connection goes to what was checked."""

import contextlib
import ipaddress
import os
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
LookUp = Callable[[str, int], list[str]]
OpenSocket = Callable[[tuple[str, int], float | None], socket.socket]

ALLOW = "LEEWAY_FETCH_ALLOW"
# The kubelet gives the last one to every container, also where somebody else's manifest runs our image.
POD_VARIABLES = ("LEEWAY_DATA_ROOT", "LEEWAY_STORE_ROOT", "KUBERNETES_SERVICE_HOST")

# A pod's own ports, its node's, and where clouds give out credentials: no installation can allow these.
NEVER: dict[str, tuple[str, ...]] = {
    "a cloud's metadata address": (
        *("169.254.169.254/32", "169.254.170.0/24", "fd00:ec2::/32", "fd20:ce::254/128"),
        *("100.100.100.200/32", "168.63.129.16/32", "192.0.0.192/32"),
    ),
    "a loopback address": ("127.0.0.0/8", "::1/128"),
    "a link-local address": ("169.254.0.0/16", "fe80::/10"),
    "an unspecified address": ("0.0.0.0/8", "::/128"),
    "a multicast address": ("224.0.0.0/4", "ff00::/8"),
    "a reserved or broadcast address": ("240.0.0.0/4",),
}
NEVER_NETWORKS = tuple(
    (kind, ipaddress.ip_network(network)) for kind, networks in NEVER.items() for network in networks
)
# An IPv4 address in the last 32 bits: NAT64, its local form, and the deprecated IPv4-compatible form.
EMBEDDING = tuple(map(ipaddress.IPv6Network, ("64:ff9b::/96", "64:ff9b:1::/48", "::/96")))
OWN_MACHINE = ("a loopback address",)


class ForbiddenAddressError(ValueError):
    """Nothing is fetched from this address."""


def look_up(host: str, port: int) -> list[str]:
    """Return the addresses of a host, in the order to try them; raise OSError when it has none."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


@dataclass(frozen=True)
class Reach:
    """The addresses that may be fetched from: public ones, and private ones as far as they are allowed.

    `hosts` and `networks` are what the installation allows of private ones; `is_store` allows all of them, since people
    run object stores of their own; `is_laptop` also allows the machine itself.
    """

    hosts: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()
    is_store: bool = False
    is_laptop: bool = False
    look_up: LookUp = look_up
    open_socket: OpenSocket = socket.create_connection

    def of_store(self) -> "Reach":
        """Return the reach for requests to an object store."""
        return replace(self, is_store=True)

    def connect(
        self, address: tuple[str, int], timeout: float | None = None, _: object = None
    ) -> socket.socket:
        """Return a connection to an address that was checked, as `socket.create_connection` would.

        Raises ForbiddenAddressError before a packet is sent, or OSError.
        """
        host, port = address
        *others, last = self.check(host, port)
        # Numbers are not looked up again: a name server that would answer differently now is not asked.
        for one in others:
            with contextlib.suppress(OSError):
                return self.open_socket((one, port), timeout)
        return self.open_socket((last, port), timeout)

    def check(self, host: str, port: int) -> list[str]:
        """Return the host's addresses; raise ForbiddenAddressError unless each of them may be fetched from."""
        try:
            # With a user before it (of a redirect, or of an odd region of S3) it is no name either.
            found = [] if "@" in host else self.look_up(host, port)
        except UnicodeError:
            found = []
        if not found:
            raise ForbiddenAddressError(f"{host!r} is no host name")
        for one in found:
            self.refuse(host, ipaddress.ip_address(one))
        return found

    def refuse(self, host: str, address: Address) -> None:
        """Raise ForbiddenAddressError unless the address of this host may be fetched from."""
        shown = host if host == str(address) else f"{host} ({address})"
        for one in (address, *embedded(address)):
            kind = never_kind(one)
            if kind and not (self.is_laptop and kind in OWN_MACHINE):
                raise ForbiddenAddressError(f"{shown} is {kind}, from which nothing is ever fetched")
            if not kind and not one.is_global and not self.allows(host, one):
                raise ForbiddenAddressError(
                    f"{shown} is a private address; use one that is not, or let the installation allow it"
                    f" (fetch.allow of the chart, {ALLOW} of the operator)"
                )

    def allows(self, host: str, address: Address) -> bool:
        """Return whether a private address may be fetched from."""
        named = host.lower().rstrip(".") in self.hosts
        return self.is_laptop or self.is_store or named or any(address in one for one in self.networks)


def never_kind(address: Address) -> str:
    """Return what the address is when it is never fetched from, else nothing."""
    return next((kind for kind, network in NEVER_NETWORKS if address in network), "")


def embedded(address: Address) -> tuple[Address, ...]:
    """Return the IPv4 addresses that a translator or tunnel would turn an IPv6 address into."""
    if isinstance(address, ipaddress.IPv4Address):
        return ()
    found: list[Address | None] = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    # :: and ::1 are addresses of their own.
    if any(address in one for one in EMBEDDING) and int(address) > 1:
        found.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return tuple(one for one in found if one is not None)


def find_reach(environ: Mapping[str, str] = os.environ) -> Reach:
    """Return what a pod may fetch from by its operator's setting; on a laptop, what its user can reach anyway."""
    if not any(name in environ for name in POD_VARIABLES):
        return Reach(is_laptop=True)
    return read_reach(environ.get(ALLOW, ""))


def read_reach(text: str) -> Reach:
    """Return the reach for a list of networks and host names, separated by commas."""
    entries = [entry.strip().lower() for entry in text.split(",") if entry.strip()]
    networks = {entry: network for entry in entries if (network := network_of(entry)) is not None}
    hosts = frozenset(entry.rstrip(".") for entry in entries if entry not in networks)
    return Reach(hosts=hosts, networks=tuple(networks.values()))


def network_of(entry: str) -> Network | None:
    """Return the network, or None for a host name."""
    try:
        return ipaddress.ip_network(entry, strict=False)
    except ValueError:
        return None


def connected(kind: Any, reach: Reach, host: str, **options: Any) -> Any:
    """Return a connection of http.client that opens its socket by `reach`."""
    connection = kind(host, **options)
    # Where http.client itself opens sockets; host name, certificate and Host header stay those that were asked for.
    connection._create_connection = reach.connect
    return connection
