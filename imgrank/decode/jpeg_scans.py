"""JPEG pictures of very many scans: each scan goes over the whole picture again."""

from __future__ import annotations

from imgrank.decode.unreadable import too_many_scans

# Encoders write some ten, one for each coefficient would be 192.
_MOST_SCANS, _FEWEST_SCANS = 200, 20
_MOST_SCANNED = 4e9  # pixels, over all scans: half a minute
_START_OF_SCAN = b"\xff\xda"  # within a scan no 0xff is followed by it; in a thumbnail or a profile it may stand, too
_SCAN, _BEGIN, _END = 0xDA, 0xD8, 0xD9
_ALONE = frozenset({0x00, 0x01, _BEGIN, *range(0xD0, 0xD8)})  # without a length; 0 stands for no marker at all


def check_scans(data: bytes, size: tuple[int, int]) -> None:
    """Raise DecodeError where a JPEG of this size has more scans than may be decoded."""
    most = int(min(_MOST_SCANS, max(_FEWEST_SCANS, _MOST_SCANNED / max(1, size[0] * size[1]))))
    if data.count(_START_OF_SCAN) > most and _count(data, most + 1) > most:
        raise too_many_scans(most)


def _count(data: bytes, most: int) -> int:
    """The scans up to the end of the picture, read as decoders do; no more than `most` are looked for."""
    at, scans = 2, 0
    while scans < most:
        at = data.find(b"\xff", at)
        code = data[at + 1] if 0 <= at < len(data) - 1 else _END
        if code == _END:
            break
        if code == 0xFF:
            at += 1
        elif code in _ALONE:
            at += 2
        else:
            scans += code == _SCAN
            at += 2 + max(2, int.from_bytes(data[at + 2 : at + 4], "big"))
    return scans
