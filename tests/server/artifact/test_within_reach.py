"""Which addresses a pod, a store and a laptop may reach, address by address."""

import ipaddress

import pytest

from model_server.artifact.stores.reach import ForbiddenAddressError, Reach, embedded, find_reach, read_reach
from tests.server.artifact.stand_ins import PUBLIC

WITHIN = {
    "a public address": ("", PUBLIC, "rows.example", True),
    "a private address in an allowed network": ("10.96.0.0/12, fd12::/16", "10.96.0.7", "minio", True),
    "a private address of IPv6 in an allowed network": ("fd12::/16", "fd12::1", "minio", True),
    "a private address outside of it": ("10.96.0.0/12", "10.0.0.1", "minio", False),
    "an allowed host": ("Minio.storage.svc", "10.0.0.1", "minio.storage.svc.", True),
    "another host at the same address": ("minio.storage.svc", "10.0.0.1", "vault.storage.svc", False),
    "an allowed address": ("10.0.0.1", "10.0.0.1", "10.0.0.1", True),
    "loopback where everything is allowed": (
        "0.0.0.0/0,::/0,127.0.0.0/8,localhost",
        "127.0.0.1",
        "localhost",
        False,
    ),
    "metadata where everything is allowed": ("0.0.0.0/0,::/0", "169.254.169.254", "metadata", False),
    "loopback mapped, where everything is allowed": ("::/0,0.0.0.0/0", "::ffff:127.0.0.1", "x", False),
}


@pytest.mark.parametrize(("allowed", "address", "host", "want"), WITHIN.values(), ids=WITHIN)
def test_within_reach(allowed: str, address: str, host: str, want: bool) -> None:
    assert is_within(read_reach(allowed), host, address) is want


STORES = {
    "10.0.0.1": True,
    "fd12::1": True,
    PUBLIC: True,
    "127.0.0.1": False,
    "169.254.169.254": False,
    "fe80::1": False,
}


@pytest.mark.parametrize(("address", "want"), STORES.items())
def test_an_object_store_may_be_private(address: str, want: bool) -> None:
    assert is_within(Reach().of_store(), "s3.example", address) is want


LAPTOP = {"127.0.0.1": True, "::1": True, "192.168.0.7": True, "169.254.169.254": False, "0.0.0.0": False}


@pytest.mark.parametrize(("address", "want"), LAPTOP.items())
def test_on_a_laptop_its_user_reaches(address: str, want: bool) -> None:
    assert is_within(find_reach({}), "x", address) is want


@pytest.mark.parametrize("variable", ["LEEWAY_DATA_ROOT", "LEEWAY_STORE_ROOT", "KUBERNETES_SERVICE_HOST"])
def test_a_pod_is_no_laptop(variable: str) -> None:
    assert find_reach({variable: ""}) == Reach()


def test_a_pod_is_told_what_is_allowed() -> None:
    environ = {"LEEWAY_STORE_ROOT": "/x", "LEEWAY_FETCH_ALLOW": "10.0.0.0/8"}
    assert find_reach(environ) == Reach(networks=(ipaddress.ip_network("10.0.0.0/8"),))


def test_an_address_of_a_tunnel_is_two_addresses() -> None:
    teredo = embedded(ipaddress.ip_address("2001:0:7f00:1::f5ff:fffe"))
    assert teredo == (ipaddress.ip_address("127.0.0.1"), ipaddress.ip_address("10.0.0.1"))


def is_within(reach: Reach, host: str, address: str) -> bool:
    try:
        reach.refuse(host, ipaddress.ip_address(address))
    except ForbiddenAddressError:
        return False
    return True
