"""A connection to a checked address asks for the name of the uri, and its certificate must be that name's."""

import datetime
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from model_server.artifact.stores.credentials import AMBIENT
from model_server.artifact.stores.fetch import fetch
from tests.server.artifact.stand_ins import PUBLIC, Internet
from tests.server.artifact.web_host import web_host

CSV = b"x,y\n1,2\n"
NAME = "rows.example"


@pytest.fixture
def internet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Internet]:
    """Two names at the address of a server that has a certificate for one of them, which this process trusts."""
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = make_certificate(key).public_bytes(serialization.Encoding.PEM)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (tmp_path / "pair.pem").write_bytes(secret + certificate)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "pair.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "pair.pem")
    with web_host({"/x.csv": (200, {}, CSV)}, context) as (host, _):
        names = {NAME: [[PUBLIC]], "other.example": [[PUBLIC]]}
        yield Internet(names, ("127.0.0.1", int(host.partition(":")[2])))


def make_certificate(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    now = datetime.datetime.now(datetime.UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - datetime.timedelta(hours=1))
    builder = builder.not_valid_after(now + datetime.timedelta(hours=1))
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
    return builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(
        key, hashes.SHA256()
    )


def test_the_certificate_of_the_name_is_accepted(internet: Internet, tmp_path: Path) -> None:
    path = fetch(f"https://{NAME}/x.csv", tmp_path, AMBIENT, None, internet.reach())
    assert path.read_bytes() == CSV
    assert internet.reached == [PUBLIC]


def test_the_certificate_of_another_name_is_not(internet: Internet, tmp_path: Path) -> None:
    with pytest.raises(ConnectionError, match="CERTIFICATE_VERIFY_FAILED"):
        fetch("https://other.example/x.csv", tmp_path, AMBIENT, None, internet.reach())
