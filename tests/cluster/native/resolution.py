"""Ask the cluster's DNS one question: an answer proves kubelet, pod network, kube-proxy and CoreDNS at once."""

import socket
import struct

from tests.cluster.native.layout import API_ADDRESS, DNS_ADDRESS, DOMAIN

QUESTION = f"kubernetes.default.svc.{DOMAIN}"
NUMBER = 0x1EE
RECURSION_DESIRED = 0x0100
ADDRESS_RECORD, INTERNET = 1, 1


def make_query(name: str) -> bytes:
    """Return a DNS query (RFC 1035) for the name's address."""
    header = struct.pack("!HHHHHH", NUMBER, RECURSION_DESIRED, 1, 0, 0, 0)
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return header + labels + b"\0" + struct.pack("!HH", ADDRESS_RECORD, INTERNET)


def is_answer(reply: bytes, address: str) -> bool:
    """Return whether the reply, to a query with one answer, ends with that address."""
    return reply[:2] == struct.pack("!H", NUMBER) and reply.endswith(socket.inet_aton(address))


def has_dns() -> bool:
    """Return whether the cluster's DNS finds the API server."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(0.5)
        try:
            client.sendto(make_query(QUESTION), (DNS_ADDRESS, 53))
            return is_answer(client.recv(512), API_ADDRESS)
        except OSError:
            return False
