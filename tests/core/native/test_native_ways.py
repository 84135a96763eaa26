"""Which way to a cluster is taken."""

import pytest

from tests.cluster.native.refusal import RefusedError
from tests.cluster.native.ways import choose_way

CASES = {
    "Docker and kind are there": (("", True, True), "kind"),
    "no Docker engine answers": (("", False, True), "native"),
    "Docker without kind": (("", True, False), "native"),
    "native is asked for": (("native", True, True), "native"),
    "somebody's own cluster only when asked for": (("kubeconfig", True, True), "kubeconfig"),
    "kind is asked for": (("kind", True, True), "kind"),
}


@pytest.mark.parametrize(("given", "want"), CASES.values(), ids=CASES)
def test_choose_way(given: tuple[str, bool, bool], want: str) -> None:
    assert choose_way(*given) == want


REFUSED = {
    "kind without Docker": (("kind", False, True), "no Docker engine answers"),
    "kind without kind": (("kind", True, False), "there is no kind on the PATH"),
    "a word that is no way": (("k3s", True, True), "CLUSTER=k3s is none of"),
}


@pytest.mark.parametrize(("given", "want"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_is_refused_with_the_three_ways(given: tuple[str, bool, bool], want: str) -> None:
    with pytest.raises(RefusedError, match=want) as refused:
        choose_way(*given)
    assert all(f"CLUSTER={way}" in str(refused.value) for way in ("kubeconfig", "kind", "native"))
