"""A name to a backbone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from imgrank.backbone.contract import Backbone
from imgrank.backbone.names import MINI
from imgrank.errors import BackboneError


def load_backbone(
    name: str, device: str = "auto", note: Callable[[str], None] = lambda _: None, bf16: bool = False
) -> Backbone:
    """The backbone called `mini`, `NAME/TAG` or `NAME@FILE`, on device auto|cpu|cuda|mps. Builds no tower yet.

    `note` gets single lines for the user: a download that starts, a GPU that is not used. `bf16` asks for
    bfloat16 in the image tower of an open_clip model. Raises BackboneError for a name, file, device or
    precision that cannot be used.
    """
    from imgrank.backbone.device import choose_device

    chosen = choose_device(device, note)
    if name != MINI:
        return _load_open_clip(name, chosen, note, bf16)
    from imgrank.backbone.mini import load_mini

    return load_mini(chosen)


def _load_open_clip(text: str, device: str, note: Callable[[str], None], bf16: bool) -> Backbone:
    from imgrank.backbone.device import has_bf16
    from imgrank.backbone.facts import recall_facts, remember_facts
    from imgrank.backbone.known import read_name
    from imgrank.backbone.open_clip_backbone import OpenClipBackbone

    name = read_name(text)
    if bf16 and not has_bf16(device):
        raise BackboneError(f"bfloat16 was asked for, and {device} does not have it in hardware: it would be slower")
    facts = recall_facts(name)
    if facts is None:
        from imgrank.backbone.resolve import resolve

        facts = resolve(name, note)
        remember_facts(name, facts)
    if bf16:
        facts = replace(facts, fingerprint=_bf16_fingerprint(facts.fingerprint))
    return OpenClipBackbone(name, facts, device, bf16)


def _bf16_fingerprint(exact: str) -> str:
    from imgrank.backbone.fingerprint import fingerprint

    return fingerprint({"of": exact, "precision": "bf16"}, [], {})
