"""Put built images where the cluster's kubelets find them."""

import tempfile
import time
from pathlib import Path

from tests.cluster.native import container_images, ways
from tests.cluster.native.layout import Home
from tests.images.archive import write_archive
from tests.images.build import Built
from tests.images.builders import Builder, refuse_failure, run


def load_images(builder: Builder, home: Home, built: dict[str, Built]) -> None:
    """The cluster has every image under its exact name; into a cluster of your own you push them."""
    way = ways.get_way(home)
    if way == ways.KUBECONFIG:
        names = " ".join(image.image for image in built.values())
        print(f"this cluster is yours: push these yourself, and name them in the chart's values: {names}")
        return
    for image in built.values():
        if way == ways.NATIVE and image.image in list_loaded(home):
            continue
        started = time.monotonic()
        load(builder, home, image.image, way)
        # The chart's own values name the release, so that a plain `helm install` runs what was built.
        load(builder, home, image.released, way)
        print(f"loading took {time.monotonic() - started:.1f} s", flush=True)


def list_loaded(home: Home) -> list[str]:
    """Return the names of the images that the native cluster has."""
    return container_images.run_ctr(home, "list", "--quiet").split()


def list_blobs(home: Home) -> set[str]:
    """Return the digests of the layers that the native cluster has."""
    listed = run(
        ["ctr", "--address", str(home.containerd_socket), "--namespace", "k8s.io", "content", "ls", "-q"]
    )
    return set(refuse_failure(listed).split())


def load(builder: Builder, home: Home, name: str, way: str) -> None:
    """The cluster has the image."""
    with tempfile.TemporaryDirectory(prefix="leeway-images-") as scratch:
        archive = Path(scratch, "image.tar")
        if builder.program == "buildah":
            # Its own archives are compressed on the way, whatever it is told: minutes of CPU in a day's work.
            folder = Path(scratch, "image")
            folder.mkdir()
            builder.save(name, folder)
            write_archive(folder, name, list_blobs(home) if way == ways.NATIVE else (), archive)
        else:
            builder.save(name, archive)
        ways.load(home, archive, name)
