"""Views that the task half learns from change what their set allows, and nothing else."""

import sys
from pathlib import Path

import pytest
import torch

MINI = Path(__file__).parents[2] / "recipes" / "mini"
RECIPES = [str(MINI / "on_gpu"), str(MINI)]
sys.path[:0] = RECIPES
try:
    from fresh_views import Freedoms
    from items import NOTHING, Item
finally:
    del sys.path[: len(RECIPES)]

PIXELS = torch.randint(0, 256, (24, 64, 64, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(3))
PLAIN = PIXELS.permute(0, 3, 1, 2).float()
ROWS = torch.arange(24)


def views(source: str, style: str = "", whole: bool = False) -> torch.Tensor:
    torch.manual_seed(0)
    items = [Item(Path("x"), source, "train", {}, NOTHING, style=style) for _ in range(24)]
    return Freedoms(items, "cpu").view(PIXELS, ROWS, torch.full((24,), whole))


def same(one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    """Which of a batch agree, to a thousandth of a step of brightness."""
    return (one - other).abs().amax((1, 2, 3)) < 1e-2


def test_what_is_degraded_is_mirrored_at_most() -> None:
    seen = views("degraded")
    mirrored = same(seen, PLAIN.flip(3))
    assert (same(seen, PLAIN) | mirrored).all()
    assert 0 < mirrored.sum() < len(seen)


def test_a_whole_view_of_quality_loses_nothing() -> None:
    seen = views("quality", whole=True)
    assert (same(seen, PLAIN) | same(seen, PLAIN.flip(3))).all()


def test_parts_of_a_photograph_differ_from_the_whole() -> None:
    assert not same(views("captions"), PLAIN).any()


def test_text_is_never_mirrored() -> None:
    """A ramp from left to right stays one."""
    ramp = torch.arange(0, 256, 4, dtype=torch.uint8)[None, None, :, None].expand(24, 64, 64, 3)
    torch.manual_seed(0)
    items = [Item(Path("x"), "documents", "train", {}, NOTHING) for _ in range(24)]
    seen = Freedoms(items, "cpu").view(ramp, ROWS)
    assert (seen[..., -6:].mean((1, 2, 3)) > seen[..., :6].mean((1, 2, 3))).all()


def test_cells_are_turned_by_quarters() -> None:
    """Brightness of the corner that was marked lies in another corner, whatever colours do."""
    marked = torch.zeros(24, 64, 64, 3, dtype=torch.uint8)
    marked[:, :32, :32] = 200
    torch.manual_seed(0)
    items = [Item(Path("x"), "blood_cells", "train", {}, NOTHING) for _ in range(24)]
    seen = Freedoms(items, "cpu").view(marked, ROWS).mean(1)
    corners = torch.stack([seen[:, y : y + 28, x : x + 28].mean((1, 2)) for y in (2, 34) for x in (2, 34)], dim=1)
    assert (corners.amax(1) > 5 * corners.sort(1).values[:, -2]).all()
    assert len(corners.argmax(1).unique()) == 4


@pytest.mark.parametrize("source", ["age", "car_year", "pacs"])
def test_views_stay_pictures(source: str) -> None:
    seen = views(source)
    assert seen.shape == (24, 3, 64, 64)
    assert seen.min() >= 0 and seen.max() <= 255
