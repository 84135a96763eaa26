"""`make demo`: the main job in front of your eyes, on a real cluster, from nothing to answered predictions."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.cluster.kube import Kube, NotYetError, connect, install
from tests.cluster.main_job import LINE, LOANS, ask_the_line, auc_through_the_service, deploy

NAMESPACE = "leeway-demo"
TOLERANCE = 1e-6


class DemoFailedError(Exception):
    """An answer was not what the data say."""


def main() -> int:
    """Return 0 when both models answered as they should."""
    kube = connect()
    try:
        with step("Installing the operator with helm"):
            install(kube)
        demo = fresh_namespace(kube)
        serve_the_line(demo)
        serve_the_loans(demo)
        show(demo)
    except (AssertionError, DemoFailedError) as failure:
        print(f"\nThe demo failed: {failure}", file=sys.stderr)
        if isinstance(failure, NotYetError):
            print(kube.within(NAMESPACE).run("get", "leeway,pods").stdout, file=sys.stderr)
        return 1
    return 0


def fresh_namespace(kube: Kube) -> Kube:
    """An empty namespace that admits only restricted pods."""
    with step(f"Making namespace {NAMESPACE}"):
        kube.do("delete", "namespace", NAMESPACE, "--ignore-not-found", "--wait")
        kube.do("create", "namespace", NAMESPACE)
        kube.do("label", "namespace", NAMESPACE, "pod-security.kubernetes.io/enforce=restricted")
    return kube.within(NAMESPACE)


def serve_the_line(demo: Kube) -> None:
    """S2: a line through three points, trained and served; the answers are those of the source document."""
    with step("Linear regression (S2): three manifests applied, trained, verified, served"):
        deploy(demo, LINE, "linear-regression")
    answers = ask_the_line(demo)
    print(f'      POST {{"instances": [[1], [2], [3]]}} -> {answers}')
    if any(abs(got - want) > TOLERANCE for got, want in zip(answers, (2.0, 4.0, 6.0), strict=True)):
        raise DemoFailedError(f"the line answered {answers}, not [2, 4, 6]")


def serve_the_loans(demo: Kube) -> None:
    """S3: car loans, trained behind gates and served; the held-out rows score as they did in training."""
    with step("Car-loan credit scoring (S3): expectations, gates, trained, verified, served"):
        deploy(demo, LOANS, "car-loan")
    trained = float(demo.get("trainingjob", "car-loan-1")["status"]["metrics"]["rocAuc"])
    with TemporaryDirectory() as folder:
        served = auc_through_the_service(demo, Path(folder))
    print(f"      ROC AUC of the held-out rows: {trained:.6f} as trained, {served:.6f} as served")
    if abs(trained - served) > TOLERANCE:
        raise DemoFailedError("the served model does not score as the trained one did")


def show(demo: Kube) -> None:
    """What a person sees."""
    print(f"\n$ kubectl get leeway -n {NAMESPACE}\n{demo.do('get', 'leeway')}")
    print(f"Look around:  export KUBECONFIG={demo.kubeconfig}")
    print("Take it down: make cluster-down")


@contextmanager
def step(sentence: str) -> Iterator[None]:
    """The sentence is printed with the seconds that it took."""
    began = time.monotonic()
    print(f"  … {sentence}", flush=True)
    yield
    print(f"    done in {time.monotonic() - began:.0f} s", flush=True)


if __name__ == "__main__":
    sys.exit(main())
