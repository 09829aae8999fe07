"""Colour profiles in their simplest forms, made by hand so that what they mean is known."""

import struct

import numpy as np

SRGB = ((0.4360, 0.2225, 0.0139), (0.3851, 0.7169, 0.0971), (0.1431, 0.0606, 0.7141))
WHITE = (0.9642, 1.0, 0.8249)


def rgb_profile(red=SRGB[0], green=SRGB[1], blue=SRGB[2], curve=None) -> bytes:
    """Three primaries and one curve for all, which is sRGB's where none is given."""
    shape = _curve(curve)
    colorants = {b"rXYZ": _xyz(red), b"gXYZ": _xyz(green), b"bXYZ": _xyz(blue)}
    return _profile(b"RGB ", b"XYZ ", {**colorants, b"rTRC": shape, b"gTRC": shape, b"bTRC": shape})


def grey_profile(gamma: float) -> bytes:
    """Grey whose numbers are a power of its brightness."""
    return _profile(b"GRAY", b"XYZ ", {b"kTRC": _curve(np.linspace(0, 1, 256) ** gamma)})


def cmyk_profile(colour_of) -> bytes:
    """Four inks, each there or not: `colour_of` gives the Lab of each of the 16 corners (c, m, y, k in 0, 1)."""
    head = struct.pack(">4B9i", 4, 3, 2, 0, *(65536 * (n in (0, 4, 8)) for n in range(9)))
    ramp = bytes(range(256))
    corners = [(c, m, y, k) for c in (0, 1) for m in (0, 1) for y in (0, 1) for k in (0, 1)]
    lab = [colour_of(*corner) for corner in corners]
    grid = b"".join(bytes([round(light * 2.55), round(a) + 128, round(b) + 128]) for light, a, b in lab)
    return _profile(b"CMYK", b"Lab ", {b"A2B0": b"mft1\0\0\0\0" + head + ramp * 4 + grid + ramp * 3})


def swapped_profile() -> bytes:
    """Its red is green, and its green is red."""
    return rgb_profile(SRGB[1], SRGB[0], SRGB[2])


def _curve(values) -> bytes:
    if values is None:
        steps = np.linspace(0, 1, 1024)
        values = np.where(steps <= 0.04045, steps / 12.92, ((steps + 0.055) / 1.055) ** 2.4)
    numbers = np.round(np.asarray(values) * 65535).astype(">u2")
    return b"curv\0\0\0\0" + struct.pack(">I", len(numbers)) + numbers.tobytes()


def _xyz(values) -> bytes:
    return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(value * 65536) for value in values))


def _profile(space: bytes, between: bytes, tags: dict) -> bytes:
    text = b"desc\0\0\0\0" + struct.pack(">I", 5) + b"made\0" + b"\0" * 78
    tags = {b"desc": text, b"wtpt": _xyz(WHITE), **tags}
    table, body, at = struct.pack(">I", len(tags)), b"", 132 + 12 * len(tags)
    for name, value in tags.items():
        table += name + struct.pack(">II", at + len(body), len(value))
        body += value + b"\0" * (-len(value) % 4)
    kind = b"prtr" if space == b"CMYK" else b"mntr"
    head = struct.pack(">I4sI4s4s4s", at + len(body), b"\0\0\0\0", 0x02100000, kind, space, between)
    head += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + b"\0" * 28 + _xyz(WHITE)[8:] + b"\0" * 48
    return head + table + body
