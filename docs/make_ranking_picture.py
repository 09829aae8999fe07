"""Draws docs/images/ranking.jpg: the example photographs as imgrank orders them, one strip a sentence.

python docs/make_ranking_picture.py ["a cat" "an aeroplane" ...]
"""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont, ImageOps

from imgrank import Ranker, Ranking

ROOT = Path(__file__).parents[1]
PICTURE = ROOT / "docs" / "images" / "ranking.jpg"
SENTENCES = ("a cat", "an animal", "a building")

SHOWN, TILE, GAP, LINE = 8, 132, 6, 26
PAPER, INK, FAINT = "white", "#1f2328", "#6e7781"


def main(sentences: list[str]) -> None:
    """Rank the photographs by each sentence and draw the strips below each other."""
    ranker = Ranker()
    strips = [_strip(ranker.rank([str(ROOT / "examples" / "photos")], sentence)) for sentence in sentences]
    sheet = Image.new("RGB", (strips[0].width + 2 * GAP, sum(strip.height + GAP for strip in strips) + GAP), PAPER)
    top = GAP
    for strip in strips:
        sheet.paste(strip, (GAP, top))
        top += strip.height + GAP
    sheet.save(PICTURE, quality=85, optimize=True)


def _strip(ranking: Ranking) -> Image.Image:
    """The sentence, and below it the first pictures of its order, best on the left."""
    images = ranking.images[:SHOWN]
    strip = Image.new("RGB", (SHOWN * (TILE + GAP) - GAP, TILE + 2 * LINE), PAPER)
    draw = ImageDraw.Draw(strip)
    title, small = ImageFont.load_default(18), ImageFont.load_default(13)
    draw.text((0, 0), f"“{ranking.query}”", INK, title)
    note = f"the first {len(images)} of {len(ranking.images)}" + ("" if ranking.confident else ", not confident")
    draw.text((strip.width, 4), note, FAINT, small, anchor="ra")
    for place, image in enumerate(images):
        left = place * (TILE + GAP)
        with Image.open(image.path) as photograph:
            strip.paste(ImageOps.fit(photograph.convert("RGB"), (TILE, TILE)), (left, LINE))
        draw.text((left, LINE + TILE + 4), f"{image.rank}", INK, small)
        draw.text((left + TILE, LINE + TILE + 4), f"{image.score:.3g}", FAINT, small, anchor="ra")
    return strip


if __name__ == "__main__":
    main(sys.argv[1:] or list(SENTENCES))
