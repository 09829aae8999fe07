"""Something happens at a moment between two effects of imgrank on the disk."""

from __future__ import annotations

from imgrank.actions import boundary


def at(count, point, do):
    """Call `do` when `point` is reached for the `count`-th time, and listen no more."""
    left = count

    def listener(reached):
        nonlocal left
        left -= reached == point
        if left == 0 and reached == point:
            boundary.listen(None)
            do()

    boundary.listen(listener)
