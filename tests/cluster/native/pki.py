"""Keys and certificates: one authority, one certificate for each component."""

import datetime
import ipaddress
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tests.cluster.native.layout import API_ADDRESS, DOMAIN, NODE, NODE_ADDRESS

VALID_FOR = datetime.timedelta(days=3650)
LOOPBACK = ("127.0.0.1", "localhost")


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a certificate names, and the addresses it may serve under."""

    common_name: str
    organization: str | None = None
    served_as: tuple[str, ...] = ()


API_NAMES = ("kubernetes", "kubernetes.default", "kubernetes.default.svc", f"kubernetes.default.svc.{DOMAIN}")

SUBJECTS = {
    "etcd": Subject("etcd", served_as=LOOPBACK),
    "apiserver": Subject("kube-apiserver", served_as=(*LOOPBACK, NODE_ADDRESS, API_ADDRESS, *API_NAMES)),
    "front-proxy": Subject("front-proxy-client"),
    "admin": Subject("leeway-admin", "system:masters"),
    "controller-manager": Subject("system:kube-controller-manager", served_as=LOOPBACK),
    "scheduler": Subject("system:kube-scheduler", served_as=LOOPBACK),
    "proxy": Subject("system:kube-proxy"),
    "kubelet": Subject(f"system:node:{NODE}", "system:nodes", (NODE_ADDRESS, NODE, *LOOPBACK)),
}


def write_pki(folder: Path) -> None:
    """The folder holds ca, sa and a pair for every subject; what exists is kept, or old tokens would die."""
    if (folder / "complete").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    authority_key = ec.generate_private_key(ec.SECP256R1())
    authority = sign(Subject("leeway-ca"), authority_key, None, authority_key)
    write_pair(folder, "ca", authority, authority_key)
    for name, subject in SUBJECTS.items():
        key = ec.generate_private_key(ec.SECP256R1())
        write_pair(folder, name, sign(subject, key, authority, authority_key), key)
    write_token_keys(folder)
    (folder / "complete").touch()


def sign(
    subject: Subject,
    key: ec.EllipticCurvePrivateKey,
    authority: x509.Certificate | None,
    authority_key: ec.EllipticCurvePrivateKey,
) -> x509.Certificate:
    """Return the subject's certificate; without an authority, it is one itself."""
    name = make_name(subject)
    now = datetime.datetime.now(datetime.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(authority.subject if authority else name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + VALID_FOR)
        .add_extension(x509.BasicConstraints(ca=authority is None, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False
        )
    )
    if authority is not None:
        both = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
        builder = builder.add_extension(x509.ExtendedKeyUsage(both), critical=False)
    if subject.served_as:
        names = [make_general_name(name) for name in subject.served_as]
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.sign(authority_key, hashes.SHA256())


def make_name(subject: Subject) -> x509.Name:
    """Return the subject as Kubernetes reads it: the user is the common name, the group the organization."""
    attributes = [x509.NameAttribute(NameOID.COMMON_NAME, subject.common_name)]
    if subject.organization:
        attributes.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, subject.organization))
    return x509.Name(attributes)


def make_general_name(name: str) -> x509.GeneralName:
    """Return an address as an address, and anything else as a DNS name."""
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def write_pair(
    folder: Path, name: str, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey
) -> None:
    """``name.crt`` and ``name.key`` are in the folder, the key for its owner only."""
    (folder / f"{name}.crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    write_key(folder / f"{name}.key", key)


def write_token_keys(folder: Path) -> None:
    """``sa.key`` signs service account tokens and ``sa.pub`` proves them."""
    key = ec.generate_private_key(ec.SECP256R1())
    write_key(folder / "sa.key", key)
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    (folder / "sa.pub").write_bytes(public)


def write_key(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    """The private key is at the path, for its owner only."""
    path.touch(mode=0o600)
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
