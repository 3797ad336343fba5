"""Whether the kernel has io_uring(7), and lets this process use it."""

import ctypes
import os
import struct

# The same numbers wherever Swift runs.
SETUP, ENTER = 425, 426
SUBMIT_ALL = 1 << 7


def is_io_uring_offered():
    """As much of it as the daemon wants."""
    # io_uring_params, of which the flags are the third number.
    parameters = ctypes.create_string_buffer(120)
    struct.pack_into("I", parameters, 8, SUBMIT_ALL)
    ring = ctypes.CDLL(None).syscall(SETUP, 1, parameters)
    if ring >= 0:
        os.close(ring)
    return ring >= 0
