"""Which versions are built, how, and how long it will take."""

import pytest

from tests.cluster.native import programs
from tests.cluster.native.refusal import RefusedError

GO_MOD = """module example

require k8s.io/kubernetes v1.35.4

require (
	example.org/one v0.1.0
	example.org/one/two v2.0.0-rc.1 // indirect
)

replace k8s.io/api => k8s.io/api v0.35.4
"""

PINS = {
    "a single line": ("k8s.io/kubernetes", "1.35.4"),
    "a line of a block": ("example.org/one", "0.1.0"),
    "a longer path is another module": ("example.org/one/two", "2.0.0-rc.1"),
}


@pytest.mark.parametrize(("module", "want"), PINS.values(), ids=PINS)
def test_a_pin_is_read_from_go_mod(module: str, want: str) -> None:
    assert programs.make_pin(GO_MOD, module) == want


@pytest.mark.parametrize("module", ["k8s.io/api", "example.org"])
def test_what_is_not_required_is_refused_by_name(module: str) -> None:
    with pytest.raises(RefusedError, match=f"requires no {module}"):
        programs.make_pin(GO_MOD, module)


@pytest.mark.parametrize("name", programs.PROGRAMS)
def test_every_program_has_a_version(name: str) -> None:
    assert programs.get_version(name)[0].isdecimal()


def test_kubernetes_is_stamped_with_its_version() -> None:
    flags = programs.make_ldflags(programs.PROGRAMS["kubelet"], "1.35.4")
    assert "-X k8s.io/component-base/version.gitVersion=v1.35.4" in flags
    assert "-X k8s.io/component-base/version.gitMinor=35" in flags


def test_a_program_without_a_stamp_is_only_stripped() -> None:
    assert programs.make_ldflags(programs.PROGRAMS["coredns"], "1") == "-s -w"


ESTIMATES = {
    "nothing built yet: as long as on the machine it was measured on": (["etcd"], {}, "about 26 s left"),
    "minutes when it is long": (["kube-apiserver"], {}, "about 3 min left"),
    "twice as slow so far, twice as long to come": (["etcd"], {"kube-scheduler": 10.0}, "about 52 s left"),
    "never nothing": (["etcd"], {"kube-scheduler": 0.01}, "about 1 s left"),
}


@pytest.mark.parametrize(("left", "spent", "want"), ESTIMATES.values(), ids=ESTIMATES)
def test_the_rest_is_estimated(left: list[str], spent: dict[str, float], want: str) -> None:
    assert programs.make_estimate(left, spent) == want


GOS = {"go1.26.8": True, "go1.21": True, "go1.19.8": False, "": False, "devel": False}


@pytest.mark.parametrize(("version", "want"), GOS.items())
def test_only_a_go_that_fetches_newer_ones_is_recent(version: str, want: bool) -> None:
    assert programs.is_recent(version) is want
