"""`imgrank backbones`: which backbones there are, which are on disk, how large, how good, how fast here."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from imgrank.cli.options import Device, DeviceOption, flag
from imgrank.cli.terminal import note
from imgrank.paths import printable

if TYPE_CHECKING:
    from imgrank.backbone.catalogue import CatalogueEntry, Rate

MEGABYTE = 1_000_000
PICTURES = 10_000
RIGHT = ("size", "ImageNet", "images/s")
WORTH = {  # what a recommended one is worth, beside its full name
    "mini": "comes with imgrank; everyday things, no network needed",
    "small": "many more things and words",
    "medium": '109 languages; needs pip install "imgrank[languages]"',
    "best": "the most accurate, and the slowest",
}


TextArgument = Annotated[
    str, typer.Argument(metavar="[TEXT]", help="List only names that contain this text.", show_default=False)
]
OnDiskOption = Annotated[bool, flag("--on-disk", "List only what works without a download.")]
AllOption = Annotated[bool, flag("--all", "List all models, not only the recommended ones; a pipe always gets all.")]
MeasureOption = Annotated[
    bool, flag("--measure", "Time the recommended backbones on this computer; this takes about a minute.")
]


def backbones(
    containing: TextArgument = "",
    on_disk: OnDiskOption = False,
    every: AllOption = False,
    measure: MeasureOption = False,
    device: DeviceOption = Device.auto,
) -> None:
    """List the image models for --backbone, with their size, license and published accuracy.

    imgrank backbones
    imgrank backbones ViT-B-32

    Those with a short name come first and are recommended. --measure adds how many images per second each one encodes
    on this computer. For your own weights, use --backbone MODEL@FILE, such as ViT-B-32@weights.safetensors.
    """
    from imgrank.backbone.catalogue import catalogue

    entries = [entry for entry in catalogue() if containing.lower() in f"{entry.short} {entry.name}".lower()]
    shown = [entry for entry in entries if entry.on_disk or not on_disk]
    if measure:
        _measure([entry for entry in shown if _is_advised(entry)], device.value)
    if not shown:
        note(_nothing(containing, bool(entries)))
        return
    if not sys.stdout.isatty():
        for entry in shown:
            typer.echo("\t".join(_row(entry)))
        return
    few = shown if every or on_disk or containing else [entry for entry in shown if entry.on_disk or _is_advised(entry)]
    _print_table(few, short=len(few) < len(shown))
    if len(few) < len(shown):
        _advise(few, len(shown) - len(few))


def _nothing(containing: str, elsewhere: bool) -> str:
    text = f" with {printable(containing)!r} in its name" if containing else ""
    where = " is on disk" if elsewhere else ""
    return f"No backbone{text}{where}; imgrank backbones --all lists all."


def _advise(entries: list[CatalogueEntry], more: int) -> None:
    typer.echo("Choose one by its name, such as --backbone small:")
    for entry in entries:
        name = entry.short or entry.name
        if name in WORTH:
            typer.echo(f"  {name:<7} {f'{entry.name}: ' if entry.short else ''}{WORTH[name]}")
    typer.echo("")
    typer.echo("Each is downloaded once, and your images never leave this computer.")
    typer.echo("ImageNet: published accuracy at naming things in photos, without training.")
    typer.echo(f"{more} more: imgrank backbones --all. Speed on this computer: imgrank backbones --measure.")


def larger_model(sentence: str) -> str:
    """What to say where `mini` did not know: by which option, and how large the download is."""
    from imgrank.backbone.catalogue import catalogue
    from imgrank.scoring.languages import seems_english

    short, why = ("small", "") if seems_english(sentence) else ("medium", ", and reads more languages")
    entry = next(entry for entry in catalogue() if entry.short == short)
    size = "on disk already" if entry.on_disk else f"{_readable_size(entry)}, downloaded once"
    return f"a larger model may help{why}: --backbone {short} ({size}); imgrank backbones lists more"


def _is_advised(entry: CatalogueEntry) -> bool:
    from imgrank.backbone.names import MINI

    return bool(entry.short) or entry.name == MINI


def _measure(entries: list[CatalogueEntry], device: str) -> None:
    from imgrank.backbone.catalogue import measure_rate
    from imgrank.backbone.load import choose_device

    chosen = choose_device(device, note)
    for entry in entries:
        note(f"timing {entry.name} on {chosen}, with random weights where it is not on disk")
        measure_rate(entry.name, chosen)


def _row(entry: CatalogueEntry) -> list[str]:
    """Columns of a pipe: what stood there first, then what came later."""
    from imgrank.backbone.catalogue import known_rate

    rate = known_rate(entry.name)
    on_disk = "on disk" if entry.on_disk else ""
    here = f"{rate.images_per_second:g}" if rate else ""
    return [entry.name, on_disk, _size(entry), _accuracy(entry), entry.short, entry.licence, here]


def _print_table(entries: list[CatalogueEntry], short: bool) -> None:
    """Aligned by hand: a name is never cut, for it is what one copies."""
    from imgrank.backbone.catalogue import known_rate

    rates = [known_rate(entry.name) if short else None for entry in entries]
    measured = ("images/s", f"{PICTURES:,} images") if any(rates) else ()
    rows = [("backbone", "on disk", "size", "ImageNet", "license", *measured)]
    for entry, rate in zip(entries, rates, strict=True):
        name = entry.short if short and entry.short else entry.name
        row = (name, "yes" if entry.on_disk else "", _readable_size(entry), _accuracy(entry), entry.licence)
        rows.append((*row, *(_cost(rate) if measured else ())))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for cells in rows:
        line = (
            cell.rjust(width) if rows[0][n] in RIGHT else cell.ljust(width)
            for n, (cell, width) in enumerate(zip(cells, widths, strict=True))
        )
        typer.echo("  ".join(line).rstrip())
    typer.echo("")


def _cost(rate: Rate | None) -> tuple[str, str]:
    """Pictures a second, and what many pictures take once: time, and room in the cache."""
    if rate is None:
        return "", ""
    speed = f"{rate.images_per_second:.{0 if rate.images_per_second >= 10 else 1}f}"
    room = f"{PICTURES * rate.bytes_an_image / MEGABYTE:.0f} MB"
    return speed, f"{_duration(PICTURES / rate.images_per_second)}, {room}"


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 90 * 60 else f"{seconds / 3600:.1f} h"


def _size(entry: CatalogueEntry) -> str:
    return f"{'~' if entry.about else ''}{entry.size / MEGABYTE:.0f} MB" if entry.size else ""


def _readable_size(entry: CatalogueEntry) -> str:
    about = "~" if entry.about else ""
    return f"{about}{entry.size / 1e9:.1f} GB" if entry.size >= 1e9 else _size(entry)


def _accuracy(entry: CatalogueEntry) -> str:
    return "" if entry.imagenet_top1 is None else f"{entry.imagenet_top1:.1%}"
