"""Writes the fingerprint of today's `mini` into an adapter file and the calibrations, and changes nothing else.

For a TOKENS_VERSION that leaves the pictures that the adapter was trained on as they were, bit for bit: compare the
pixels of all of them, decoded before and after, first.

    python recipes/mini/restamp_adapter.py weights/mini-adapter.safetensors imgrank/scoring/calibrations.json
"""

from __future__ import annotations

import sys
from pathlib import Path

from imgrank.adapter.files import read_header
from imgrank.atomic import write_atomic
from imgrank.backbone.mini import load_mini


def main() -> None:
    adapter, calibrations = Path(sys.argv[1]), Path(sys.argv[2])
    old, new = read_header(adapter).fingerprint, load_mini().fingerprint
    for path in (adapter, calibrations):
        data = path.read_bytes()
        count = data.count(old.encode())
        if count != 1:
            raise SystemExit(f"{path} names {old} {count} times, not once; nothing was changed there.")
        write_atomic(path, data.replace(old.encode(), new.encode()))
        print(f"{path}: {old} -> {new}")


if __name__ == "__main__":
    main()
