"""How a backbone is called: `mini`, `NAME/TAG`, `NAME@FILE`."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

from imgrank.errors import BackboneError

MINI = "mini"
FORMS = "a backbone is `mini`, `NAME/TAG` (ViT-B-32/laion2b_s34b_b79k) or `NAME@FILE`"


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
    """Read `NAME/TAG` or `NAME@FILE`; slashes in NAME become hyphens, as open_clip has it (ViT-B/32/openai).

    Raises NoSuchName where the text has neither form.
    """
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
