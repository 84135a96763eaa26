"""A pod fetches from no address of itself, of its node, of a cloud's metadata, or of a private network by itself."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import obstore
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from model_server.artifact.stores.credentials import AMBIENT, Credentials
from model_server.artifact.stores.fetch import fetch
from model_server.artifact.stores.object_store import open_google, upload
from model_server.artifact.stores.reach import ForbiddenAddressError, find_reach
from model_server.artifact.stores.uris import split
from tests.server.artifact.stand_ins import PUBLIC, Internet, Listener, listening
from tests.server.artifact.web_host import web_host

CSV = b"x,y\n1,2\n"


@pytest.fixture
def listener(monkeypatch: pytest.MonkeyPatch) -> Iterator[Listener]:
    """What must not be reached, from inside a pod."""
    monkeypatch.setenv("LEEWAY_DATA_ROOT", "/leeway/data")
    with listening() as found:
        yield found


# PORT is the listener's. Each is looked up by this machine's own resolver.
FORBIDDEN = {
    "loopback": "http://127.0.0.1:PORT/x.csv",
    "loopback by https": "https://127.0.0.1:PORT/x.csv",
    "loopback by name": "http://localhost:PORT/x.csv",
    "loopback by a name in capitals": "http://LocalHost:PORT/x.csv",
    "loopback, another of its addresses": "http://127.255.255.254:PORT/x.csv",
    "loopback in two parts": "http://127.1:PORT/x.csv",
    "loopback in three parts": "http://127.0.1:PORT/x.csv",
    "loopback as one number": "http://2130706433:PORT/x.csv",
    "loopback as one hexadecimal number": "http://0x7f000001:PORT/x.csv",
    "loopback with a hexadecimal part": "http://0x7f.0.0.1:PORT/x.csv",
    "loopback with an octal part": "http://0177.0.0.1:PORT/x.csv",
    "loopback as one octal number": "http://017700000001:PORT/x.csv",
    "loopback in circled digits": "http://①②⑦.⓪.⓪.①:PORT/x.csv",
    "loopback behind a user": "http://example.org@127.0.0.1:PORT/x.csv",
    "loopback behind a backslash": "http://example.org\\@127.0.0.1:PORT/x.csv",
    "loopback of IPv6": "http://[::1]:PORT/x.csv",
    "loopback of IPv6, written out": "http://[0:0:0:0:0:0:0:1]:PORT/x.csv",
    "loopback mapped into IPv6": "http://[::ffff:127.0.0.1]:PORT/x.csv",
    "loopback mapped into IPv6, in hexadecimal": "http://[::ffff:7f00:1]:PORT/x.csv",
    "loopback compatible with IPv6": "http://[::127.0.0.1]:PORT/x.csv",
    "loopback behind NAT64": "http://[64:ff9b::7f00:1]:PORT/x.csv",
    "loopback behind a local NAT64": "http://[64:ff9b:1::7f00:1]:PORT/x.csv",
    "loopback behind 6to4": "http://[2002:7f00:1::]:PORT/x.csv",
    "no address": "http://0.0.0.0:PORT/x.csv",
    "no address, short": "http://0:PORT/x.csv",
    "no address of IPv6": "http://[::]:PORT/x.csv",
    "metadata": "http://169.254.169.254/latest/meta-data/iam/security-credentials/",
    "metadata as one number": "http://2852039166/x.csv",
    "metadata in hexadecimal": "http://0xa9.0xfe.0xa9.0xfe/x.csv",
    "metadata in octal": "http://0251.0376.0251.0376/x.csv",
    "metadata mapped into IPv6": "http://[::ffff:a9fe:a9fe]/x.csv",
    "metadata of IPv6": "http://[fd00:ec2::254]/x.csv",
    "metadata at a public address": "http://168.63.129.16/x.csv",
    "metadata of tasks": "http://169.254.170.2/v2/credentials",
    "link-local": "http://169.254.1.1/x.csv",
    "link-local of IPv6": "http://[fe80::1]/x.csv",
    "multicast": "http://224.0.0.1/x.csv",
    "multicast of IPv6": "http://[ff02::1]/x.csv",
    "broadcast": "http://255.255.255.255/x.csv",
    "private, class A": "http://10.0.0.1/x.csv",
    "private, class B": "http://172.16.0.1/x.csv",
    "private, class C": "https://192.168.0.1/x.csv",
    "private, of carriers": "http://100.64.0.1/x.csv",
    "private, of IPv6": "http://[fc00::1]/x.csv",
    "private, mapped into IPv6": "http://[::ffff:10.0.0.1]/x.csv",
    "private, behind NAT64": "http://[64:ff9b::a00:1]/x.csv",
    "private, for benchmarks": "http://198.18.0.1/x.csv",
    "another scheme: a file": "file:///etc/passwd",
    "another scheme: a file in capitals": "FILE:///etc/passwd",
    "another scheme: gopher": "gopher://127.0.0.1:PORT/_GET%20/",
    "another scheme: ftp": "ftp://127.0.0.1:PORT/x.csv",
    "another scheme: dict": "dict://127.0.0.1:PORT/x",
}


@pytest.mark.parametrize("uri", FORBIDDEN.values(), ids=FORBIDDEN)
def test_nothing_is_fetched_from(uri: str, listener: Listener, tmp_path: Path) -> None:
    with pytest.raises(ValueError):
        fetch(uri.replace("PORT", str(listener.port)), tmp_path)
    assert listener.hits == 0


PLACES = {
    "an endpoint at loopback": {"AWS_ENDPOINT_URL": "http://127.0.0.1:PORT"},
    "an endpoint at loopback by name": {"AWS_ENDPOINT_URL": "http://localhost:PORT"},
    "an endpoint at loopback by https": {"AWS_ENDPOINT_URL": "https://[::1]:PORT"},
    "an endpoint at metadata": {"AWS_ENDPOINT_URL": "http://169.254.169.254"},
    "a region that is an address": {"AWS_REGION": "x@127.0.0.1:PORT/#"},
}


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_no_bucket_is_at(place: dict[str, str], listener: Listener, tmp_path: Path) -> None:
    folder, out = tmp_path / "secret", tmp_path / "out"
    for one in (folder, out):
        one.mkdir()
    (out / "model.skops").write_bytes(b"x")
    for key, value in {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "s", **place}.items():
        (folder / key).write_text(value.replace("PORT", str(listener.port)))
    secret = Credentials("spec.data.credentialsSecretName", "lake", folder)
    with pytest.raises(ForbiddenAddressError, match=r'Secret "lake" \(spec.data.credentialsSecretName\)'):
        fetch("s3://lake/x.csv", tmp_path, secret)
    with pytest.raises(ForbiddenAddressError, match="lake"):
        upload([*out.iterdir()], "s3://lake/x", secret, find_reach())
    assert listener.hits == 0


def test_a_google_key_names_no_other_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    private = rsa.generate_private_key(65537, 2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    key = {"private_key": private.decode(), "private_key_id": "1", "client_email": "a@example.org"}
    place = "http://127.0.0.1:9"
    (tmp_path / "GOOGLE_SERVICE_ACCOUNT_KEY").write_text(json.dumps({**key, "gcs_base_url": place}))
    monkeypatch.setenv("GOOGLE_BASE_URL", place)
    store = open_google(split("gs://lake/x.csv"), Credentials("field", "lake", tmp_path))
    assert obstore.sign(store, "GET", "x.csv", timedelta(hours=1)).startswith(
        "https://storage.googleapis.com/"
    )


VARIABLES = {
    "a proxy at loopback": ("http_proxy", "http://rows.example/x.csv"),
    "a place of identities at loopback": ("AWS_METADATA_ENDPOINT", "s3://lake/x.csv"),
    "a place of tokens at loopback": ("AWS_ENDPOINT_URL_STS", "s3://lake/x.csv"),
    "a place of Google's identities at loopback": ("GCE_METADATA_HOST", "gs://lake/x.csv"),
}


@pytest.mark.parametrize(("variable", "uri"), VARIABLES.values(), ids=VARIABLES)
def test_the_environment_leads_to_no(
    variable: str, uri: str, listener: Listener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, f"http://127.0.0.1:{listener.port}")
    internet = Internet({"rows.example": [[PUBLIC]]}, ("127.0.0.1", listener.port))
    with pytest.raises(ForbiddenAddressError):
        fetch(uri, tmp_path, AMBIENT, None, internet.reach())
    assert (listener.hits, internet.reached) == (0, [])


# HERE is a public host that answers these redirects in turn, from /0 to /1 and on.
REDIRECTS = {
    "to loopback": ["http://127.0.0.1:PORT/"],
    "to loopback at the second step": ["/1", "http://[::ffff:127.0.0.1]:PORT/"],
    "to loopback at the third step": ["/1", "http://HERE/2", "http://127.0.0.1:PORT/"],
    "to loopback without a scheme": ["//127.0.0.1:PORT/"],
    "to metadata": ["http://169.254.169.254/latest/meta-data/"],
    "to a private address": ["http://10.0.0.1/"],
    "to a file": ["file:///etc/passwd"],
    "to gopher": ["gopher://127.0.0.1:PORT/"],
    "to ftp": ["ftp://127.0.0.1:PORT/"],
    "four times": ["/1", "/2", "/3", "/4"],
    "without end": ["/0"],
}


@pytest.mark.parametrize("steps", REDIRECTS.values(), ids=REDIRECTS)
def test_no_redirect_is_followed(steps: list[str], listener: Listener, tmp_path: Path) -> None:
    places = [step.replace("PORT", str(listener.port)).replace("HERE", "rows.example") for step in steps]
    answers = {f"/{at}": (302, {"Location": place}, b"") for at, place in enumerate(places)}
    with web_host(answers) as (host, seen):
        internet = Internet({"rows.example": [[PUBLIC]]}, ("127.0.0.1", int(host.partition(":")[2])))
        with pytest.raises(ValueError):
            fetch("http://rows.example/0", tmp_path, AMBIENT, None, internet.reach())
    assert (listener.hits, set(internet.reached)) == (0, {PUBLIC})
    assert len(seen) <= 4


def test_three_redirects_are_followed(tmp_path: Path) -> None:
    steps = {f"/{at}": (302, {"Location": f"/{at + 1}"}, b"") for at in range(3)}
    with web_host({**steps, "/3": (200, {}, CSV)}) as (host, _):
        internet = Internet({"rows.example": [[PUBLIC]]}, ("127.0.0.1", int(host.partition(":")[2])))
        path = fetch("http://rows.example/0", tmp_path, AMBIENT, None, internet.reach())
    assert path.read_bytes() == CSV


def test_a_bucket_redirects_nowhere(listener: Listener, tmp_path: Path) -> None:
    place = {"Location": f"http://127.0.0.1:{listener.port}/latest/meta-data/"}
    for key, value in {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "s"}.items():
        (tmp_path / key).write_text(value)
    (tmp_path / "AWS_ENDPOINT_URL").write_text("http://s3.example")
    secret = Credentials("field", "lake", tmp_path)
    with web_host({"/lake/x.csv": (307, place, b"")}) as (host, seen):
        internet = Internet(
            {"s3.example": [["10.1.2.3"], [PUBLIC]]}, ("127.0.0.1", int(host.partition(":")[2]))
        )
        internet.look_up("s3.example", 0)
        with pytest.raises(ValueError, match="redirects"):
            fetch("s3://lake/x.csv", tmp_path, secret, None, internet.reach())
    assert (listener.hits, len(seen)) == (0, 1)


REBOUND = {
    "a name that is loopback at the second look": [[PUBLIC], ["127.0.0.1"]],
    "a name that is metadata at the second look": [[PUBLIC], ["169.254.169.254"]],
}


@pytest.mark.parametrize("answers", REBOUND.values(), ids=REBOUND)
def test_a_name_is_looked_up_once(answers: list[list[str]], listener: Listener, tmp_path: Path) -> None:
    with web_host({"/x.csv": (200, {}, CSV)}) as (host, seen):
        internet = Internet({"rows.example": answers}, ("127.0.0.1", int(host.partition(":")[2])))
        path = fetch("http://rows.example/x.csv", tmp_path, AMBIENT, None, internet.reach())
    assert path.read_bytes() == CSV
    assert (internet.asked, internet.reached) == (["rows.example"], [PUBLIC])
    assert seen[0].headers["Host"] == "rows.example"
    assert listener.hits == 0


def test_a_name_with_one_forbidden_address_is_refused_whole(listener: Listener, tmp_path: Path) -> None:
    internet = Internet({"rows.example": [[PUBLIC, "127.0.0.1"]]}, ("127.0.0.1", listener.port))
    with pytest.raises(ForbiddenAddressError, match=r"rows\.example \(127\.0\.0\.1\) is a loopback address"):
        fetch("http://rows.example/x.csv", tmp_path, AMBIENT, None, internet.reach())
    assert (listener.hits, internet.reached) == (0, [])


def test_the_message_names_host_address_and_remedy(tmp_path: Path) -> None:
    internet = Internet({"minio.storage.svc": [["10.96.0.7"]]}, ("127.0.0.1", 1))
    with pytest.raises(ForbiddenAddressError) as told:
        fetch("http://minio.storage.svc/x.csv?token=hush", tmp_path, AMBIENT, None, internet.reach())
    assert str(told.value) == (
        "http://minio.storage.svc/x.csv: minio.storage.svc (10.96.0.7) is a private address; use one that is not,"
        " or let the installation allow it (fetch.allow of the chart, LEEWAY_FETCH_ALLOW of the operator)"
    )
