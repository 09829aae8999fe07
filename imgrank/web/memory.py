"""How a server that stays open takes memory from the system."""

from __future__ import annotations

import ctypes
import sys

HEAPS = 2
_M_ARENA_MAX = -8  # glibc's name for it, in malloc.h


def share_heaps() -> None:
    """Let all threads share a few heaps. glibc makes one for each of up to eight threads a core, and a server with many
    threads keeps in each what an order once took. To be called before threads begin; elsewhere it does nothing."""
    if sys.platform != "linux":
        return
    try:
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, HEAPS)
    except (AttributeError, OSError):  # another C library
        return
