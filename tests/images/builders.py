"""Build with docker, podman or buildah: the same Dockerfile, the same flags but for their spelling."""

import os
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.cluster.native.refusal import RefusedError
from tests.images.folders import get_images
from tests.images.recipe import Name

# A fixed time makes equal inputs give equal layers; zip files cannot hold an earlier one than 1980.
TIMESTAMP = "315532800"


@dataclass(frozen=True, slots=True)
class Builder:
    """A program that builds images, and how it spells what we ask of it."""

    program: str
    everywhere: tuple[str, ...]
    building: tuple[str, ...]
    asking: tuple[str, ...]
    taking: tuple[str, ...]  # {path} is filled in
    saving: tuple[str, ...]  # {path} and {name} are filled in

    def command(self, *arguments: str) -> list[str]:
        """Return a command line of this program."""
        return [self.program, *self.everywhere, *arguments]

    def has(self, name: str) -> bool:
        """Return whether the image is already built (or pulled)."""
        return run(self.command(*self.asking, name)).returncode == 0

    def can_pull(self, name: str) -> bool:
        """Return whether the image is here now, asking the registries that this machine is set up with."""
        return self.has(name) or run(self.command("pull", name)).returncode == 0

    def build(self, name: Name, target: str, base: str, context: Path, wheels: Path) -> None:
        """The image exists under its exact and its release name."""
        arguments = [
            "--target", target, "--build-arg", f"BASE={base}", "--build-arg", f"VERSION={name.version}",
            "--build-context", f"wheels={wheels}", "--tag", name.exact, "--tag", name.released,
        ]  # fmt: skip
        refuse_failure(run(self.command(*self.building, *arguments, str(context))))

    def take(self, archive: Path) -> None:
        """The image of the archive is in the storage under the name that the archive gives it."""
        refuse_failure(run(self.command(*fill(self.taking, path=archive))))

    def save(self, name: str, path: Path) -> None:
        """The archive (for buildah: the folder) holds the image."""
        refuse_failure(run(self.command(*fill(self.saving, path=path, name=name))))


def get_builder() -> Builder:
    """Return the first builder that works here."""
    candidates = (make_docker(), make_podman(), make_buildah())
    for builder in candidates:
        if shutil.which(builder.program) and run(builder.command("info")).returncode == 0:
            return builder
    raise RefusedError("no docker, podman or buildah works here: install one (Debian: apt install buildah)")


def make_docker() -> Builder:
    """Return docker; its daemon may be elsewhere."""
    return Builder(
        program="docker",
        everywhere=(),
        building=("build", "--build-arg", f"SOURCE_DATE_EPOCH={TIMESTAMP}"),
        asking=("image", "inspect"),
        taking=("load", "--input", "{path}"),
        saving=("save", "--output", "{path}", "{name}"),
    )


def make_podman() -> Builder:
    """Return podman."""
    return Builder(
        program="podman",
        everywhere=(),
        building=("build", "--layers", "--timestamp", TIMESTAMP),
        asking=("image", "inspect"),
        taking=("load", "--input", "{path}"),
        saving=("save", "--format", "oci-archive", "--output", "{path}", "{name}"),
    )


def make_buildah() -> Builder:
    """Return buildah with storage of its own; chroot works where no control group may be made."""
    folder = get_images()
    return Builder(
        program="buildah",
        everywhere=("--root", str(folder / "storage"), "--runroot", str(folder / "run")),
        # Compressing costs many times what it saves on one machine.
        building=(
            "bud",
            "--isolation",
            "chroot",
            "--layers",
            "--disable-compression",
            "--timestamp",
            TIMESTAMP,
        ),
        asking=("inspect", "--type", "image"),
        taking=("pull", "oci-archive:{path}"),
        saving=("push", "--disable-compression", "{name}", "dir:{path}"),
    )


def fill(words: Iterable[str], **values: object) -> list[str]:
    """Return the words of a command line with the values in their places."""
    return [word.format(**values) for word in words]


def run(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Return how the command ended and what it wrote."""
    environment = os.environ | {"DOCKER_BUILDKIT": "1"}
    return subprocess.run(
        command, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )


def refuse_failure(ended: subprocess.CompletedProcess[str]) -> str:
    """Return the command's output; raise with the end of it when the command failed."""
    if ended.returncode:
        program, *_, last = ended.args
        raise RefusedError(f"{program} failed ({last}):\n{ended.stdout[-3000:]}")
    return ended.stdout
