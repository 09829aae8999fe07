"""Writes the fingerprint of today's `mini` into files that were made for an earlier one, and changes nothing else.

For an adapter and the calibrations where pictures are seen as before, bit for bit (a TOKENS_VERSION that leaves them as
they were); for `mini-asking`, which knows sentences alone, where the text tower is the same.

    python recipes/mini/restamp.py OLD_FINGERPRINT weights/mini-asking.safetensors
"""

from __future__ import annotations

import sys
from pathlib import Path

from imgrank.atomic import write_atomic
from imgrank.backbone.mini import load_mini


def main() -> None:
    old, new = sys.argv[1], load_mini().fingerprint
    for path in map(Path, sys.argv[2:]):
        data = path.read_bytes()
        count = data.count(old.encode())
        if count != 1:
            raise SystemExit(f"{path} names {old} {count} times, not once; nothing was changed there.")
        write_atomic(path, data.replace(old.encode(), new.encode()))
        print(f"{path}: {old} -> {new}")


if __name__ == "__main__":
    main()
