"""The one error of this program: a sentence for the person at the keyboard."""

THREE_WAYS = """There are three ways to a cluster:
  CLUSTER=kubeconfig  use the one your KUBECONFIG points at; needs nothing else
  CLUSTER=kind        kind on a Docker engine; needs docker and kind on the PATH
  CLUSTER=native      Kubernetes built from Go modules; needs root on Debian 12 or alike (apt), and Go"""


class RefusedError(Exception):
    """Says what is wrong and what to do about it."""


def refuse_with_ways(reason: str) -> RefusedError:
    """Return an error that names the three ways to a cluster after its reason."""
    return RefusedError(f"{reason}\n{THREE_WAYS}")
