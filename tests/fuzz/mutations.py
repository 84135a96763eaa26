"""Ways to damage a model file: its bytes, its members, what its schema says, the arrays that it holds."""

import io
import json
import random
import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np

from model_server.artifact.models.allowed import ALLOWED

Members = dict[str, bytes]
SCHEMA = "schema.json"
ODD_NUMBERS = (
    0,
    1,
    -1,
    2,
    3,
    7,
    255,
    -(2**31),
    2**31 - 1,
    2**31,
    2**62,
    10**9,
    0.5,
    float("nan"),
    float("inf"),
)
ODD_VALUES: tuple[Any, ...] = (None, True, "", "x", [], {}, *ODD_NUMBERS)


def flip_bytes(chance: random.Random, content: bytes) -> bytes:
    """Flip some bits anywhere in the file."""
    damaged = bytearray(content)
    for _ in range(chance.choice((1, 1, 2, 8))):
        damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
    return bytes(damaged)


def cut_file(chance: random.Random, content: bytes) -> bytes:
    """Cut the file off."""
    return content[: chance.randrange(len(content))]


def in_members(change: Callable[[random.Random, Members], None]) -> Callable[[random.Random, bytes], bytes]:
    """Return a mutation of the unpacked members, which are packed again."""

    def mutate(chance: random.Random, content: bytes) -> bytes:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        change(chance, members)
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, member in members.items():
                archive.writestr(name, member)
        return packed.getvalue()

    return mutate


def flip_member(chance: random.Random, members: Members) -> None:
    """Flip bits inside a member."""
    name = chance.choice(sorted(members))
    members[name] = flip_bytes(chance, members[name])


def cut_member(chance: random.Random, members: Members) -> None:
    """Cut a member off."""
    name = chance.choice(sorted(members))
    members[name] = cut_file(chance, members[name])


def lose_member(chance: random.Random, members: Members) -> None:
    """Leave a member out."""
    del members[chance.choice(sorted(members))]


def swap_members(chance: random.Random, members: Members) -> None:
    """Exchange two arrays."""
    one, other = (chance.choice(arrays(members)) for _ in range(2))
    members[one], members[other] = members[other], members[one]


def change_schema(chance: random.Random, members: Members) -> None:
    """Change some entries of the schema: lose, replace, repeat or exchange them."""
    schema = json.loads(members[SCHEMA])
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        chance.choice((lose_entry, replace_entry, exchange_entries, repeat_entry))(chance, schema)
    members[SCHEMA] = json.dumps(schema).encode()


def entries(node: Any) -> list[tuple[Any, Any]]:
    """Return every container in the schema with each of its keys or places."""
    found: list[tuple[Any, Any]] = []
    waiting = [node]
    while waiting:
        one = waiting.pop()
        pairs = list(
            one.items() if isinstance(one, dict) else enumerate(one) if isinstance(one, list) else ()
        )
        found.extend((one, key) for key, _ in pairs)
        waiting.extend(value for _, value in pairs)
    return found


def lose_entry(chance: random.Random, schema: Any) -> None:
    """Leave an entry out."""
    holder, key = chance.choice(entries(schema))
    del holder[key]


def replace_entry(chance: random.Random, schema: Any) -> None:
    """Put an odd value in place of an entry."""
    holder, key = chance.choice(entries(schema))
    holder[key] = chance.choice(ODD_VALUES)


def exchange_entries(chance: random.Random, schema: Any) -> None:
    """Put two parts of the model in each other's place."""
    parts = [(holder, key) for holder, key in entries(schema) if isinstance(holder[key], dict)]
    (holder, key), (other, place) = (chance.choice(parts) for _ in range(2))
    holder[key], other[place] = json.loads(json.dumps(other[place])), json.loads(json.dumps(holder[key]))


def repeat_entry(chance: random.Random, schema: Any) -> None:
    """Make a list longer or shorter than it was."""
    lists = [holder[key] for holder, key in entries(schema) if isinstance(holder[key], list) and holder[key]]
    one = chance.choice(lists)
    if chance.random() < 0.5:
        one.pop(chance.randrange(len(one)))
    else:
        one.extend(json.loads(json.dumps(one[: chance.randrange(1, 4)])))


def change_setting(chance: random.Random, members: Members) -> None:
    """Give an attribute that is a number or a text another value."""
    schema = json.loads(members[SCHEMA])
    settings = [
        holder[key]
        for holder, key in entries(schema)
        if isinstance(holder[key], dict) and holder[key].get("__loader__") == "JsonNode"
    ]
    for _ in range(chance.choice((1, 2))):
        chance.choice(settings)["content"] = json.dumps(chance.choice(ODD_VALUES))
    members[SCHEMA] = json.dumps(schema).encode()


def change_class(chance: random.Random, members: Members) -> None:
    """Let a part be of another class that is on the list."""
    schema = json.loads(members[SCHEMA])
    parts = [
        holder[key]
        for holder, key in entries(schema)
        if isinstance(holder[key], dict) and len(classes_of(holder[key].get("__loader__"))) > 1
    ]
    part = chance.choice([*parts, schema])
    part["__module__"], part["__class__"] = chance.choice(classes_of(part["__loader__"]))
    members[SCHEMA] = json.dumps(schema).encode()


def classes_of(loader: str | None) -> list[tuple[str, str]]:
    """Return module and name of every class that the loader may build."""
    return [(module, name) for module, names in ALLOWED.get(loader or "", {}).items() for name in names]


def arrays(members: Members) -> list[str]:
    """Return the names of the arrays."""
    return sorted(name for name in members if name.endswith(".npy"))


def change_array(chance: random.Random, members: Members) -> None:
    """Change values, shape or type of an array."""
    name = chance.choice(arrays(members))
    array = np.load(io.BytesIO(members[name]))
    change = chance.choice((change_values, change_values, change_shape, change_type))
    members[name] = saved(change(chance, array))


def change_nodes(chance: random.Random, members: Members) -> None:
    """Change a field of a table of nodes; of a model without one, any array."""
    tables = {name: np.load(io.BytesIO(members[name])) for name in arrays(members)}
    nodes = {name: array for name, array in tables.items() if array.dtype.names}
    if not nodes:
        change_array(chance, members)
        return
    name = chance.choice(sorted(nodes))
    table = nodes[name]
    for _ in range(chance.choice((1, 1, 3))):
        field = chance.choice(table.dtype.names)
        table[field] = change_values(chance, table[field])
    members[name] = saved(table)


def change_values(chance: random.Random, array: Any) -> Any:
    """Put odd numbers into one place, or into all."""
    changed = array.copy()
    if not changed.size:
        return changed
    odd = np.asarray(chance.choice(ODD_NUMBERS))
    with np.errstate(all="ignore"):
        value = odd.astype(changed.dtype) if changed.dtype.kind != "V" else changed.ravel()[0]
    if chance.random() < 0.2:
        changed[...] = value
    else:
        changed.reshape(-1)[chance.randrange(changed.size)] = value
    return changed


def change_shape(chance: random.Random, array: Any) -> Any:
    """Make an array longer, shorter, empty, flat or deeper."""
    shapes: tuple[Callable[[], Any], ...] = (
        lambda: array[: len(array) // 2] if array.ndim else array,
        lambda: np.concatenate([array, array]) if array.ndim else array,
        lambda: array[:0] if array.ndim else array,
        array.ravel,
        lambda: array[None],
        lambda: array[..., :1] if array.ndim else array,
        array.T.copy,
    )
    return chance.choice(shapes)()


def change_type(chance: random.Random, array: Any) -> Any:
    """Let an array be of another type, with the same values where it can have them."""
    wanted = chance.choice(("f4", "f8", "i4", "i8", "u1", "bool", ">f8", ">i8", "U3", "c16"))
    with np.errstate(all="ignore"):
        return np.zeros(array.shape, wanted) if array.dtype.names else array.astype(wanted)


def saved(array: Any) -> bytes:
    """Return the array as numpy saves it."""
    file = io.BytesIO()
    np.save(file, array, allow_pickle=False)
    return file.getvalue()


# The kinds that reach further into the server are tried more often.
MUTATIONS: tuple[tuple[str, int, Callable[[random.Random, bytes], bytes]], ...] = (
    ("bits of the file", 2, flip_bytes),
    ("the file cut off", 1, cut_file),
    ("bits of a member", 4, in_members(flip_member)),
    ("a member cut off", 1, in_members(cut_member)),
    ("a member lost", 1, in_members(lose_member)),
    ("two arrays exchanged", 3, in_members(swap_members)),
    ("entries of the schema", 6, in_members(change_schema)),
    ("a setting", 6, in_members(change_setting)),
    ("a class", 3, in_members(change_class)),
    ("an array", 8, in_members(change_array)),
    ("a table of nodes", 8, in_members(change_nodes)),
)
