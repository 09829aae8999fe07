"""Options that several commands share, each with one spelling and one help text."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any, Optional, TypeAlias

import typer

from imgrank.backbone.names import check_backbone

if TYPE_CHECKING:
    from imgrank.ranker import Ranker

# Click's own, of which Typer brings a copy from 0.20 on.
ClickError: TypeAlias = Any
Command: TypeAlias = Any
Context: TypeAlias = Any
Parameter: TypeAlias = Any

IT_TAKES = "it takes "  # and what it takes: how a callback refuses the value of an option


class Device(str, Enum):
    """Where the image model runs."""

    auto = "auto"
    cpu = "cpu"
    cuda = "cuda"
    mps = "mps"


def choices(kind: type[Enum]) -> str:
    """The placeholder of an option that takes one of a few words."""
    return "|".join(str(member.value) for member in kind)


def flag(name: str, words: str, short: str = "", panel: str | None = None) -> Any:  # noqa: ANN401 (as typer.Option)
    """An option that takes no value."""
    return typer.Option(*filter(None, (name, short)), help=words, rich_help_panel=panel)


def named(what: str) -> Callable[[Any], Any]:
    """The callback of an option with a text, or several: refuses one that is empty, as "$CAMERA" is where it is not
    set. `what` is what the option takes, in words."""

    def check(given: Any) -> Any:  # noqa: ANN401 (a text, several, or None)
        texts = [given] if isinstance(given, str) else given or ()
        if not all(str(text).strip() for text in texts):
            raise typer.BadParameter(f"{IT_TAKES}{what}")
        return given

    return check


def was_typed(ctx: typer.Context, param: str) -> bool:
    """Whether an option stands on the command line, and is no default, whoever set that."""
    source = ctx.get_parameter_source(param)
    return source is not None and source.name == "COMMANDLINE"


def _finite(number: float) -> float:
    if not math.isfinite(number):
        raise typer.BadParameter(f"{IT_TAKES}a number of at least 0")
    return number


def _checked(name: str) -> str:
    check_backbone(name)
    return name


BackboneOption = Annotated[
    str,
    typer.Option(
        "--backbone",
        metavar="NAME",
        callback=_checked,
        help="Image model: mini (included); small, medium or best (downloaded once); any other name that imgrank "
        "backbones lists; MODEL@FILE for your own weights; hf-hub:OWNER/NAME; or a folder that open_clip saved.",
    ),
]


def _known_adapter(adapter: str) -> str:
    """Raises AdapterError for a ranker that there is not, before a model is loaded for it, which takes seconds."""
    if adapter not in ("auto", "none"):
        from imgrank.adapter.registry import find_adapter

        find_adapter(adapter)
    return adapter


AdapterOption = Annotated[
    str,
    typer.Option(
        "--adapter",
        callback=_known_adapter,
        metavar="NAME|FILE",
        help="Ranker to use: a name, a .safetensors file, auto for the trained ranker that fits the sentence, or none "
        "to compare images with the sentence by the image model alone.",
    ),
]
DeviceOption = Annotated[
    Device, typer.Option("--device", metavar=choices(Device), help="Where the image model runs; auto prefers a GPU.")
]
RecursiveOption = Annotated[bool, flag("--recursive", "Include subfolders.", "-r")]
NoCacheOption = Annotated[bool, flag("--no-cache", "Do not read or write the cache of encoded images.")]
SkipBadOption = Annotated[bool, flag("--skip-bad", "Leave out labels with errors, and list them.")]
ColumnOption = Annotated[
    Optional[list[str]],
    typer.Option(
        "--column",
        metavar="NAME",
        help="Take this column of a labels file for a query although it looks like an id. Repeatable.",
    ),
]
QuietOption = Annotated[bool, flag("--quiet", "Print no progress and no notes on stderr.", "-q")]
VerboseOption = Annotated[bool, flag("--verbose", "Print more detail and, after an error, the Python traceback.", "-v")]
YesOption = Annotated[bool, flag("--yes", "Do not ask for confirmation.", "-y")]
IndexOption = Annotated[
    Optional[str],
    typer.Option(
        "--index",
        metavar="INDEX",
        callback=named("an index"),
        help="Take encoded images from this index; no image file is read.",
    ),
]
MaxMegapixelsOption = Annotated[
    float,
    typer.Option(
        "--max-megapixels",
        metavar="N",
        min=0,
        callback=_finite,
        help="Skip images with more megapixels than this; memory-hungry formats get a lower limit.",
    ),
]
PortOption = Annotated[
    int,
    typer.Option("--port", metavar="PORT", min=0, max=65535, help="Port of the local web page; 0 picks a free one."),
]
NoOpenOption = Annotated[bool, flag("--no-open", "Print the address of the page, but do not open a browser.")]
EXIT_SKIPPED = 3  # under --strict; all other codes stand on the errors
MAX_MEGAPIXELS = 500.0  # as in imgrank.decode, which loads too much to be asked for its number here


class Precision(str, Enum):
    """Of the image model."""

    auto = "auto"
    float32 = "float32"
    bf16 = "bf16"


PrecisionOption = Annotated[
    Precision,
    typer.Option(
        "--precision",
        metavar=choices(Precision),
        help="Number format of a larger image model; auto tests bf16 once, and uses it if it is faster and keeps the "
        "order.",
    ),
]


def precise(
    backbone: str, precision: Precision, device: str, sources: Sequence[str], note: Callable[[str], None]
) -> str:
    """The backbone's name with its precision; `mini` has but one."""
    if backbone == "mini":
        return backbone
    from imgrank.precision import named_precisely

    return named_precisely(backbone, precision.value, device, sources, note)


@dataclass(frozen=True, slots=True)
class RankerSettings:
    """How the options say that rankers work, whichever adapter and backbone they have."""

    device: Device
    no_cache: bool
    max_megapixels: float
    note: Callable[[str], None]
    verify: bool = False

    def open(self, adapter: str, backbone: str) -> Ranker:
        """A ranker, which is to be closed."""
        from imgrank.ranker import Ranker

        return Ranker(
            backbone, adapter, self.device.value, not self.no_cache, self.note, self.max_megapixels, self.verify
        )
