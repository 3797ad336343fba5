"""Whether the kernel has io_uring(7), and lets this process use it."""

import ctypes
import os

# The same numbers on all architectures.
SETUP, ENTER = 425, 426


def is_io_uring_offered():
    # As large as io_uring_params.
    ring = ctypes.CDLL(None).syscall(SETUP, 1, ctypes.create_string_buffer(120))
    if ring >= 0:
        os.close(ring)
    return ring >= 0
