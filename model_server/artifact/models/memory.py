"""Memory that is free again, given back to the system."""

import ctypes
import gc


def release_memory() -> None:
    """Give back what reading a model has left behind, where the C library can: up to twice the size of the model.

    The C library keeps freed memory for later, and a server never again needs as much.
    """
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # of glibc alone
    if trim is not None:
        trim(0)
