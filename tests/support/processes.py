"""What tests that start processes ask of them."""

import time
from collections.abc import Callable

import psutil


def until(condition: Callable[[], object]) -> bool:
    """Whether it comes true within half a minute, which is far more than it should take."""
    for _ in range(600):
        if condition():
            return True
        time.sleep(0.05)
    return False


def is_running(pid: int) -> bool:
    """Whether a process goes on. A zombie has ended; only whoever started it has not noticed yet."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
