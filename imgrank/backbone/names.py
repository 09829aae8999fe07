"""How a backbone is called: `mini`, one of three short names, `NAME/TAG`, `NAME@FILE`."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

from imgrank.errors import BackboneError

MINI = "mini"
CHOICES = {  # of what is published, the best for its cost under a licence that lets anyone use it
    "small": "ViT-B-32-256/datacomp_s34b_b86k",
    "medium": "ViT-B-16-SigLIP2/webli",
    "best": "PE-Core-L-14-336/meta",
}
FORMS = "a backbone is `mini`, `small`, `medium`, `best`, `NAME/TAG` (ViT-B-32/laion2b_s34b_b79k) or `NAME@FILE`"


class NoSuchName(BackboneError):
    """A text that has no form of a name."""


@dataclass(frozen=True, slots=True)
class BackboneName:
    """An open_clip model by its name, and either the tag of its published weights or a file of one's own."""

    model: str
    tag: str = ""
    file: str = ""

    def __str__(self) -> str:
        return f"{self.model}@{self.file}" if self.file else f"{self.model}/{self.tag}"


def parse_name(text: str) -> BackboneName:
    """Read a short name, `NAME/TAG` or `NAME@FILE`; slashes in NAME become hyphens, as open_clip has it.

    Raises NoSuchName where the text has neither form.
    """
    text = CHOICES.get(text.strip().lower(), text)
    model, at, file = text.strip().partition("@")
    if at:
        parsed = BackboneName(model.replace("/", "-"), file=file)
    else:
        model, _, tag = text.strip().rpartition("/")
        parsed = BackboneName(model.replace("/", "-"), tag=tag.lower().replace("-", "_"))
    if not parsed.model or not (parsed.tag or parsed.file):
        raise NoSuchName(f"No backbone is called {text!r}: {FORMS}; `imgrank backbones` lists them.")
    return parsed


def close_matches(wanted: str, known: Iterable[str], limit: int = 3) -> list[str]:
    """The names nearest to `wanted`, nearest first, without regard to case."""
    by_lower = {name.lower(): name for name in known}
    return [by_lower[name] for name in difflib.get_close_matches(wanted.lower(), by_lower, limit, cutoff=0.6)]
