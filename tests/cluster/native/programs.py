"""What is built from Go modules, at the versions that the go.mod files pin."""

import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.cluster.native.commands import run
from tests.cluster.native.layout import MODULES, Home
from tests.cluster.native.refusal import RefusedError, refuse_with_ways


@dataclass(frozen=True, slots=True)
class Program:
    """A Go program: where its module pins it, and roughly how long a cold build takes on two cores."""

    name: str
    folder: str
    package: str
    module: str
    seconds: int
    stamp: str = ""  # linker variables; {version} is filled in


KUBERNETES_STAMP = " ".join(
    f"-X {package}.git{what}={value}"
    for package in ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")
    # Unstamped, the node reports v0.0.0 and version checks of clients go wrong.
    for what, value in (("Version", "v{version}"), ("Major", "{major}"), ("Minor", "{minor}"))
)


def make_kubernetes(name: str, seconds: int) -> Program:
    """Return one of Kubernetes' own programs."""
    return Program(
        name, "kubernetes", f"k8s.io/kubernetes/cmd/{name}", "k8s.io/kubernetes", seconds, KUBERNETES_STAMP
    )


PROGRAMS = {
    program.name: program
    for program in (
        make_kubernetes("kube-apiserver", 200),
        make_kubernetes("kube-controller-manager", 50),
        make_kubernetes("kube-scheduler", 5),
        make_kubernetes("kubelet", 15),
        make_kubernetes("kube-proxy", 6),
        make_kubernetes("kubectl", 19),
        Program("etcd", "etcd", "go.etcd.io/etcd/server/v3", "go.etcd.io/etcd/server/v3", 26),
        Program("etcdctl", "etcd", "go.etcd.io/etcd/etcdctl/v3", "go.etcd.io/etcd/etcdctl/v3", 4),
        Program("coredns", "coredns", "github.com/coredns/coredns", "github.com/coredns/coredns", 15),
        Program(
            "helm",
            "helm",
            "helm.sh/helm/v4/cmd/helm",
            "helm.sh/helm/v4",
            95,
            "-X helm.sh/helm/v4/internal/version.version=v{version}",
        ),
        Program(
            "versitygw",
            "versitygw",
            "github.com/versity/versitygw/cmd/versitygw",
            "github.com/versity/versitygw",
            30,
            "-X main.Version=v{version}",
        ),
        Program("kwok", "kwok", "sigs.k8s.io/kwok/cmd/kwok", "sigs.k8s.io/kwok", 60),
    )
}

# Enough for a cluster; the rest is built when somebody asks for it.
CLUSTER_PROGRAMS = (
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kubelet",
    "kube-proxy",
    "kubectl",
    "etcd",
    "coredns",
)


def make_pin(go_mod: str, module: str) -> str:
    """Return the version, without its v, at which the text of a go.mod requires the module."""
    found = re.search(rf"^(?:require)?\s+{re.escape(module)} v(\S+)", go_mod, re.MULTILINE)
    if found is None:
        raise RefusedError(f"go.mod requires no {module}: add a require line for it and run go mod tidy")
    return found[1]


def get_version(name: str) -> str:
    """Return the pinned version of a program."""
    program = PROGRAMS[name]
    return make_pin((MODULES / program.folder / "go.mod").read_text(), program.module)


def get_versions(names: Iterable[str] = CLUSTER_PROGRAMS) -> dict[str, str]:
    """Return the pinned version of each program."""
    return {name: get_version(name) for name in names}


def get_path(home: Home, name: str) -> Path:
    """Return where the program's pinned version is, or will be once built."""
    return home.bin / f"{name}-{get_version(name)}" / name


def make_ldflags(program: Program, version: str) -> str:
    """Return the linker flags that strip the program and stamp its version."""
    major, minor, *_ = [*version.split("."), "0"]
    return f"-s -w {program.stamp.format(version=version, major=major, minor=minor)}".strip()


def make_estimate(left: Sequence[str], spent: dict[str, float]) -> str:
    """Return how long the remaining builds will take, corrected by how fast the finished ones were."""
    expected = sum(PROGRAMS[name].seconds for name in spent)
    pace = sum(spent.values()) / expected if expected else 1.0
    seconds = pace * sum(PROGRAMS[name].seconds for name in left)
    if seconds >= 90:
        return f"about {round(seconds / 60)} min left"
    return f"about {max(1, round(seconds))} s left"


def build_missing(home: Home, names: Sequence[str]) -> None:
    """Every named program exists at its pinned version; one line of progress for each one built."""
    missing = [name for name in names if not get_path(home, name).exists()]
    if not missing:
        return
    require_go(missing)
    spent: dict[str, float] = {}
    for number, name in enumerate(missing, 1):
        estimate = make_estimate(missing[number - 1 :], spent)
        print(f"[{number}/{len(missing)}] building {name} {get_version(name)} ... {estimate}", flush=True)
        started = time.monotonic()
        build(home, name)
        spent[name] = time.monotonic() - started


def require_go(missing: Sequence[str]) -> None:
    """Refuse without a Go that can fetch whatever newer Go a module wants."""
    if shutil.which("go") is None:
        raise refuse_with_ways(f"{', '.join(missing)} must be built, and there is no Go on the PATH.")
    version = run(["go", "env", "GOVERSION"]).strip()
    if not is_recent(version):
        raise refuse_with_ways(f"Go on the PATH is {version or 'older than 1.16'}: install 1.21 or newer.")


def is_recent(version: str) -> bool:
    """Return whether that Go, such as go1.26.8, fetches newer ones by itself: since 1.21 it does."""
    found = re.match(r"go(\d+)\.(\d+)", version)
    return found is not None and (int(found[1]), int(found[2])) >= (1, 21)


def build(home: Home, name: str) -> None:
    """The program is in the cache; a failed build leaves its log and no half-made program."""
    program, version, path = PROGRAMS[name], get_version(name), get_path(home, name)
    log = home.logs / f"build-{name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    half_made = path.with_suffix(".part")
    command = ["nice", "go", "build", "-trimpath", "-buildvcs=false", "-o", str(half_made)]
    # A machine whose Go is older than a module wants fetches the newer one by itself.
    environment = os.environ | {"CGO_ENABLED": "0", "GOTOOLCHAIN": "auto"}
    with log.open("w") as output:
        ended = subprocess.run(
            [*command, "-ldflags", make_ldflags(program, version), program.package],
            cwd=MODULES / program.folder,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if ended.returncode:
        raise RefusedError(f"building {name} {version} failed:\n{log.read_text()[-2000:]}\nAll of it: {log}")
    half_made.rename(path)


def get_built(home: Home, name: str) -> Path:
    """Return the path of a program, built now if it is absent."""
    build_missing(home, [name])
    return get_path(home, name)
