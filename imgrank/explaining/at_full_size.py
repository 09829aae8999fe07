"""What is measured of one picture at its full size, and where in it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from imgrank.arrays import Floats
from imgrank.decode import Luma, measure_images, upright_map
from imgrank.detail.measure import Detail, of_tiles
from imgrank.detail.places import places
from imgrank.detail.qualities import Quality
from imgrank.detail.tiles import tiles_of
from imgrank.measuring import DetailMeasure
from imgrank.records import ImageFile, Unreadable
from imgrank.tokens import PackedTokens

ENDS = {
    Quality.sharpness: ("sharpest", "least sharp"),
    Quality.motion: ("most motion blur", "least motion blur"),
    Quality.noise: ("most noise", "least noise"),
    Quality.blocks: ("strongest compression", "weakest compression"),
}
_TEXTURED = (
    "measured at full size, each part against the middle of this image, in octaves; parts without texture say nothing"
)
SAID = {
    Quality.sharpness: _TEXTURED,
    Quality.motion: _TEXTURED,
    Quality.noise: "noise is read from the flattest parts of the whole image together, so no map is made of it",
    Quality.blocks: "compression is read from all parts of the image together, so no map is made of it",
}


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """`packed` (1) holds the detail of the picture as the store gives it, `where` (grid, grid) is of `places`."""

    packed: PackedTokens
    where: Floats


def measure_places(file: ImageFile, quality: Quality, grid: int, max_megapixels: float) -> Measured | Unreadable:
    """The detail of a picture, and where in it the quality is."""

    def look(picture: Luma) -> tuple[Detail, Floats]:
        tiles = tiles_of(picture)
        where = upright_map(places(picture, tiles, quality, grid), picture.orientation)
        return of_tiles(tiles, max(picture.width, picture.height)), where

    [one] = measure_images([file], look, is_known=lambda _: False, max_megapixels=max_megapixels)
    if isinstance(one, Unreadable):
        return one
    assert one.seen is not None
    detail, where = one.seen
    kept = DetailMeasure()
    packed = kept.pack(detail[None])
    return Measured(replace(packed, detail=kept.unpack(packed)), where)
