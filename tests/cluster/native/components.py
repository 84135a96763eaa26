"""The eight programs of a cluster: how each is started, and how one sees that it is well."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.cluster.native.layout import API_PORT, MODULES, NODE, NODE_ADDRESS, SERVICE_RANGE, Home
from tests.cluster.native.programs import get_path

VOLUMES_PROGRAM = MODULES.parent / "volumes.py"


@dataclass(frozen=True, slots=True)
class Component:
    """One long-running program."""

    name: str
    argv: tuple[str, ...]
    health: str  # an http(s) address, a unix socket's path, or nothing: then running is enough


def make_components(home: Home, python: str) -> dict[str, Component]:
    """Return every component in the order in which it starts."""
    made = (
        make_etcd(home),
        make_containerd(home),
        make_apiserver(home),
        make_volumes(home, python),
        make_controller_manager(home),
        make_scheduler(home),
        make_proxy(home),
        make_kubelet(home),
    )
    return {component.name: component for component in made}


def make_argv(program: str, *flags: str, **options: str) -> tuple[str, ...]:
    """Return a command line; ``tls_cert_file="x"`` becomes ``--tls-cert-file=x``."""
    return (program, *flags, *(f"--{name.replace('_', '-')}={value}" for name, value in options.items()))


def pair_of(home: Home, name: str) -> Callable[[str], str]:
    """Return a function from ``crt`` or ``key`` to the path of the component's file."""
    return lambda kind: str(home.pki / f"{name}.{kind}")


def make_etcd(home: Home) -> Component:
    """Return the store; a power cut may cost its last second, a killed program costs nothing."""
    own, authority = pair_of(home, "etcd"), str(home.pki / "ca.crt")
    client, peer = "https://127.0.0.1:2379", "https://127.0.0.1:2380"
    argv = make_argv(
        str(get_path(home, "etcd")),
        "--unsafe-no-fsync",
        "--client-cert-auth",
        "--peer-client-cert-auth",
        name=NODE,
        data_dir=str(home.state / "etcd"),
        listen_client_urls=client,
        advertise_client_urls=client,
        listen_peer_urls=peer,
        initial_advertise_peer_urls=peer,
        initial_cluster=f"{NODE}={peer}",
        listen_metrics_urls="http://127.0.0.1:2381",
        cert_file=own("crt"),
        key_file=own("key"),
        trusted_ca_file=authority,
        peer_cert_file=own("crt"),
        peer_key_file=own("key"),
        peer_trusted_ca_file=authority,
        quota_backend_bytes=str(8 << 30),
        log_level="warn",
    )
    return Component("etcd", argv, "http://127.0.0.1:2381/health")


def make_containerd(home: Home) -> Component:
    """Return the container runtime."""
    argv = ("/usr/bin/containerd", "--config", str(home.configs / "containerd.toml"))
    return Component("containerd", argv, str(home.containerd_socket))


def make_apiserver(home: Home) -> Component:
    """Return the API server: RBAC, the default admission plugins, an audit log, room for aggregated APIs."""
    own, admin = pair_of(home, "apiserver"), pair_of(home, "admin")
    front, authority = pair_of(home, "front-proxy"), str(home.pki / "ca.crt")
    argv = make_argv(
        str(get_path(home, "kube-apiserver")),
        secure_port=str(API_PORT),
        # Pods reach the API through its Service only if this is a real address, not loopback.
        advertise_address=NODE_ADDRESS,
        tls_cert_file=own("crt"),
        tls_private_key_file=own("key"),
        client_ca_file=authority,
        etcd_servers="https://127.0.0.1:2379",
        etcd_cafile=authority,
        etcd_certfile=own("crt"),
        etcd_keyfile=own("key"),
        authorization_mode="Node,RBAC",
        enable_admission_plugins="NodeRestriction",
        allow_privileged="true",
        service_cluster_ip_range=SERVICE_RANGE,
        service_account_issuer="https://kubernetes.default.svc.cluster.local",
        service_account_key_file=str(home.pki / "sa.pub"),
        service_account_signing_key_file=str(home.pki / "sa.key"),
        kubelet_certificate_authority=authority,
        kubelet_client_certificate=admin("crt"),
        kubelet_client_key=admin("key"),
        # By name, exec and logs would look the node up in DNS.
        kubelet_preferred_address_types="InternalIP",
        proxy_client_cert_file=front("crt"),
        proxy_client_key_file=front("key"),
        requestheader_client_ca_file=authority,
        requestheader_allowed_names="front-proxy-client",
        requestheader_username_headers="X-Remote-User",
        requestheader_group_headers="X-Remote-Group",
        requestheader_extra_headers_prefix="X-Remote-Extra-",
        audit_policy_file=str(home.configs / "audit-policy.yaml"),
        audit_log_path=str(home.logs / "audit.log"),
        audit_log_maxsize="500",
        audit_log_maxbackup="10",
    )
    return Component("apiserver", argv, f"https://127.0.0.1:{API_PORT}/readyz")


def make_volumes(home: Home, python: str) -> Component:
    """Return the opener of new volumes' folders."""
    return Component("volumes", (python, "-I", str(VOLUMES_PROGRAM), str(home.volumes)), "")


def make_controller_manager(home: Home) -> Component:
    """Return the controllers, with the provisioner of the default StorageClass."""
    own = pair_of(home, "controller-manager")
    kubeconfig = str(home.configs / "controller-manager.kubeconfig")
    argv = make_argv(
        str(get_path(home, "kube-controller-manager")),
        "--use-service-account-credentials",
        "--enable-hostpath-provisioner",
        kubeconfig=kubeconfig,
        authentication_kubeconfig=kubeconfig,
        authorization_kubeconfig=kubeconfig,
        leader_elect="false",
        bind_address="127.0.0.1",
        tls_cert_file=own("crt"),
        tls_private_key_file=own("key"),
        root_ca_file=str(home.pki / "ca.crt"),
        service_account_private_key_file=str(home.pki / "sa.key"),
        cluster_signing_cert_file=str(home.pki / "ca.crt"),
        cluster_signing_key_file=str(home.pki / "ca.key"),
    )
    return Component("controller-manager", argv, "https://127.0.0.1:10257/healthz")


def make_scheduler(home: Home) -> Component:
    """Return the scheduler."""
    own = pair_of(home, "scheduler")
    kubeconfig = str(home.configs / "scheduler.kubeconfig")
    argv = make_argv(
        str(get_path(home, "kube-scheduler")),
        kubeconfig=kubeconfig,
        authentication_kubeconfig=kubeconfig,
        authorization_kubeconfig=kubeconfig,
        leader_elect="false",
        bind_address="127.0.0.1",
        tls_cert_file=own("crt"),
        tls_private_key_file=own("key"),
    )
    return Component("scheduler", argv, "https://127.0.0.1:10259/healthz")


def make_proxy(home: Home) -> Component:
    """Return the program that turns Services into iptables rules."""
    argv = make_argv(str(get_path(home, "kube-proxy")), config=str(home.configs / "kube-proxy.yaml"))
    return Component("proxy", argv, "http://127.0.0.1:10256/healthz")


def make_kubelet(home: Home) -> Component:
    """Return the node agent."""
    argv = make_argv(
        str(get_path(home, "kubelet")),
        config=str(home.configs / "kubelet.yaml"),
        kubeconfig=str(home.configs / "kubelet.kubeconfig"),
        root_dir=str(home.state / "kubelet"),
        cert_dir=str(home.state / "kubelet" / "pki"),
        hostname_override=NODE,
        node_ip=NODE_ADDRESS,
    )
    return Component("kubelet", argv, "http://127.0.0.1:10248/healthz")
