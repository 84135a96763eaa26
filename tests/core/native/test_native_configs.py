"""Configurations say what the components need, and keys stay private."""

import datetime
import json
import stat
import tomllib
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from tests.cluster.native import addons, configs, pki, resolution, volumes
from tests.cluster.native.components import make_components
from tests.cluster.native.layout import Home

RESOLVERS = {
    "a plain server": ("nameserver 10.0.0.2\n", ["10.0.0.2"]),
    "two, among other lines": (
        "# made by x\nsearch a.b\nnameserver 10.0.0.2\nnameserver fd00::1\noptions ndots:2\n",
        ["10.0.0.2", "fd00::1"],
    ),
    "one on loopback is out of a pod's reach": ("nameserver 127.0.0.53\nnameserver ::1\n", []),
    "an empty file": ("", []),
    "a line cut short": ("nameserver\n", []),
}


@pytest.mark.parametrize(("text", "want"), RESOLVERS.values(), ids=RESOLVERS)
def test_name_servers_that_pods_reach(text: str, want: list[str]) -> None:
    assert configs.list_upstreams(text) == want


def test_dns_forwards_only_where_there_is_a_server() -> None:
    assert "forward . 10.0.0.2 10.0.0.3" in addons.make_corefile(["10.0.0.2", "10.0.0.3"])
    assert "forward" not in addons.make_corefile([])


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A folder with keys and configurations."""
    made = Home(tmp_path_factory.mktemp("home"))
    pki.write_pki(made.pki)
    configs.write_configs(made, ["10.0.0.2"])
    return made


def get_mode(path: Path) -> int:
    """Return who may do what with the file."""
    return stat.S_IMODE(path.stat().st_mode)


def test_keys_and_kubeconfigs_are_their_owners_only(home: Home) -> None:
    private = [*home.pki.glob("*.key"), *home.configs.glob("*.kubeconfig"), home.kubeconfig]
    assert len(private) > 10
    assert {get_mode(path) for path in private} == {0o600}


@pytest.mark.parametrize("name", pki.SUBJECTS)
def test_every_certificate_is_signed_by_the_authority(home: Home, name: str) -> None:
    authority = x509.load_pem_x509_certificate((home.pki / "ca.crt").read_bytes())
    certificate = x509.load_pem_x509_certificate((home.pki / f"{name}.crt").read_bytes())
    certificate.verify_directly_issued_by(authority)
    assert isinstance(certificate.public_key(), ec.EllipticCurvePublicKey)


def test_existing_keys_are_kept_or_every_token_would_die(home: Home) -> None:
    before = (home.pki / "sa.key").read_bytes()
    pki.write_pki(home.pki)
    assert (home.pki / "sa.key").read_bytes() == before


def test_the_runtime_keeps_to_our_folder(home: Home) -> None:
    config = tomllib.loads((home.configs / "containerd.toml").read_text())
    assert config["root"].startswith(str(home.state))
    assert config["grpc"]["address"] == str(home.containerd_socket)


@pytest.mark.parametrize("name", ["kubelet.yaml", "kube-proxy.yaml", "audit-policy.yaml"])
def test_configurations_name_their_kind(home: Home, name: str) -> None:
    document = json.loads((home.configs / name).read_text())
    assert {"apiVersion", "kind"} <= document.keys()


def test_every_file_a_component_is_given_exists(home: Home) -> None:
    endings = (".crt", ".key", ".pub", ".yaml", ".kubeconfig", ".toml")
    words = [word for component in make_components(home, "python").values() for word in component.argv]
    files = [word.rpartition("=")[2] for word in words if word.endswith(endings)]
    assert files
    assert [file for file in files if not Path(file).exists()] == []


NOON = datetime.datetime(2026, 1, 1, 12, tzinfo=datetime.UTC).timestamp()
READY = {"type": "Ready", "status": "True", "lastHeartbeatTime": "2026-01-01T12:00:00Z"}
CONDITIONS = {
    "renewed since": (READY, NOON - 5, True),
    "renewed in the same second": (READY, NOON + 0.9, True),
    "left from before a crash": (READY, NOON + 5, False),
    "not ready": (READY | {"status": "False"}, NOON - 5, False),
    "about something else": (READY | {"type": "DiskPressure"}, NOON - 5, False),
}


@pytest.mark.parametrize(("condition", "since", "want"), CONDITIONS.values(), ids=CONDITIONS)
def test_a_node_is_ready_when_it_says_so_now(condition: dict[str, str], since: float, want: bool) -> None:
    assert addons.is_ready_condition(condition, since) is want


def test_a_dns_query_is_as_the_standard_says() -> None:
    assert (
        resolution.make_query("a.bc")
        == b"\x01\xee\x01\x00\x00\x01" + b"\0" * 6 + b"\x01a\x02bc\0\0\x01\0\x01"
    )


REPLIES = {
    "the address": (b"\x01\xee...\x0a\x60\x00\x01", True),
    "another address": (b"\x01\xee...\x0a\x60\x00\x02", False),
    "an answer to somebody else": (b"\x01\xef...\x0a\x60\x00\x01", False),
    "nothing": (b"", False),
}


@pytest.mark.parametrize(("reply", "want"), REPLIES.values(), ids=REPLIES)
def test_only_our_answer_counts(reply: bytes, want: bool) -> None:
    assert resolution.is_answer(reply, "10.96.0.1") is want


def test_new_volumes_are_open_to_every_user(tmp_path: Path) -> None:
    (tmp_path / "claim").mkdir(mode=0o750)
    volumes.open_folders(tmp_path)
    assert get_mode(tmp_path / "claim") == 0o777
