"""Waiting for conditions."""

import time

POLL_SECONDS = 0.02


def until(condition, what, deadline=10.0):
    """Return the first true value of `condition()`, or fail after `deadline` seconds saying `what` did not come."""
    end = time.monotonic() + deadline
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {deadline:g} s: {what} (last: {value!r})")
        time.sleep(POLL_SECONDS)
