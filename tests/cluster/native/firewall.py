"""Our iptables rules: what we add, and the removal of all that a cluster left."""

import re
import shutil
from collections.abc import Iterator

from tests.cluster.native.commands import run
from tests.cluster.native.layout import BRIDGE, CNI_NETWORK

OWN_CHAIN = "LEEWAY-FORWARD"
# The port mapping plugin's shared chains; they stay as long as a network of somebody else uses them.
PORTMAP_CHAINS = ("CNI-HOSTPORT-DNAT", "CNI-HOSTPORT-SETMARK", "CNI-HOSTPORT-MASQ")
COMMANDS = ("iptables", "ip6tables")


def accept_pods() -> None:
    """Packets from and to the pod bridge pass where the machine's policy would drop them."""
    if f":{OWN_CHAIN} " in run(["iptables-save"]):
        return
    # Appended, not inserted: kube-proxy's refusals of services without endpoints must come first.
    restore(
        "iptables",
        f"*filter\n:{OWN_CHAIN} - [0:0]\n"
        f"-A {OWN_CHAIN} -i {BRIDGE} -j ACCEPT\n-A {OWN_CHAIN} -o {BRIDGE} -j ACCEPT\n"
        f"-A FORWARD -j {OWN_CHAIN}\nCOMMIT\n",
    )


def remove_rules() -> None:
    """No chain of a cluster is left, and every other rule is where it was."""
    for command in COMMANDS:
        if shutil.which(f"{command}-save") is None:
            continue
        removal = make_removal(run([f"{command}-save"]))
        if removal:
            restore(command, removal)


def restore(command: str, rules: str) -> None:
    """The rules are in the kernel, beside those that were there."""
    run([f"{command}-restore", "--noflush"], rules)


def make_removal(saved: str) -> str:
    """Return the input for iptables-restore that removes a cluster's chains from a saved rule set."""
    return "".join(make_table_removal(name, lines) for name, lines in list_tables(saved))


def list_tables(saved: str) -> Iterator[tuple[str, list[str]]]:
    """Yield each table's name and its lines."""
    for table in re.finditer(r"^\*(\w+)\n(.*?)^COMMIT$", saved, re.MULTILINE | re.DOTALL):
        yield table[1], table[2].splitlines()


def make_table_removal(name: str, lines: list[str]) -> str:
    """Return the removal for one table, empty when nothing in it is ours."""
    chains = [line[1:].split()[0] for line in lines if line.startswith(":")]
    rules = [line for line in lines if line.startswith("-A ")]
    ours = list_our_chains(chains, rules)
    if not ours:
        return ""
    # A chain goes only once nothing jumps to it: empty all, unhook the first, then remove all.
    outer = [rule for rule in rules if rule.split()[1] not in ours and jumps(rule, ours)]
    unhook = [rule.replace("-A", "-D", 1) for rule in outer]
    empty = [f":{chain} - [0:0]" for chain in ours]
    remove = [f"-X {chain}" for chain in ours]
    return "\n".join([f"*{name}", *empty, *unhook, *remove, "COMMIT"]) + "\n"


def list_our_chains(chains: list[str], rules: list[str]) -> list[str]:
    """Return the chains made by us, by kube-proxy and the kubelet, and by our pod network."""
    named = [chain for chain in chains if chain.startswith(("KUBE-", "LEEWAY-"))]
    marked = [rule for rule in rules if f'name: \\"{CNI_NETWORK}\\"' in rule]
    network = [c for c in chains if c.startswith("CNI-") and any(jumps(rule, [c]) for rule in marked)]
    others = [chain for chain in chains if chain.startswith("CNI-DN-") and chain not in network]
    shared = [] if others else [chain for chain in chains if chain in PORTMAP_CHAINS]
    return [*named, *network, *shared]


def jumps(rule: str, chains: list[str]) -> bool:
    """Return whether the rule leads to one of the chains."""
    target = re.search(r" -[jg] (\S+)", rule)
    return target is not None and target[1] in chains
