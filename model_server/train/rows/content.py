"""What a file is that was taken for csv and is none, told by its first bytes."""

from pathlib import Path

from model_server.contract import reasons
from model_server.contract.outcome import InputRefused

PARQUET_MAGIC = b"PAR1"
UNPACK = "unpack it: rows are read from plain files"
OTHER_CONTENT = {
    b"\x1f\x8b": f"is compressed by gzip; {UNPACK}",
    b"BZh": f"is compressed by bzip2; {UNPACK}",
    b"\xfd7zXZ": f"is compressed by xz; {UNPACK}",
    b"\x28\xb5\x2f\xfd": f"is compressed by zstd; {UNPACK}",
    b"PK\x03\x04": "is a zip archive, as Excel workbooks are; save the table as csv (UTF-8, commas)",
    b"\xff\xfe": "is UTF-16 text; save it as UTF-8",
    b"\xfe\xff": "is UTF-16 text; save it as UTF-8",
    PARQUET_MAGIC: "is parquet; set spec.data.format: parquet",
}


def first_bytes(path: Path) -> bytes:
    """Return the first eight bytes of the file."""
    with path.open("rb") as file:
        return file.read(8)


def refuse_other_content(path: Path, name: str) -> None:
    """Raise InputRefused (DataUnreadable) with the remedy for a file whose first bytes say that it is no csv."""
    found = first_bytes(path)
    for magic, sentence in OTHER_CONTENT.items():
        if found.startswith(magic):
            raise InputRefused(reasons.DATA_UNREADABLE, f"spec.data.uri: {name} {sentence}")


def not_utf8(path: Path, name: str) -> InputRefused:
    """Return the refusal of a csv file that is not UTF-8, with the first line that is not."""
    with path.open("rb") as file:
        line = next((number for number, text in enumerate(file, 1) if not is_utf8(text)), 1)
    return InputRefused(
        reasons.DATA_UNREADABLE,
        f"spec.data.uri: {name} is not UTF-8 text (line {line}), but perhaps Latin-1 or Windows-1252; "
        "save it as UTF-8",
    )


def is_utf8(text: bytes) -> bool:
    """Return whether the bytes are UTF-8."""
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True
