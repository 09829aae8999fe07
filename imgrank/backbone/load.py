"""A name to a backbone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from imgrank.backbone.contract import Backbone
from imgrank.backbone.names import MINI


def load_backbone(name: str, device: str = "auto", note: Callable[[str], None] = lambda _: None) -> Backbone:
    """The backbone of a name in any form of `imgrank.backbone.names`, on device auto|cpu|cuda|mps. Builds no tower yet.

    `note` gets single lines for the user: a download that starts, a GPU that is not used, a precision that is slow
    there. Raises BackboneError for a name, file or device that cannot be used.
    """
    from imgrank.backbone.device import choose_device

    chosen = choose_device(device, note)
    if name != MINI:
        return _load_open_clip(name, chosen, note)
    from imgrank.backbone.mini import load_mini

    return load_mini(chosen)


def _load_open_clip(text: str, device: str, note: Callable[[str], None]) -> Backbone:
    from imgrank.backbone.device import has_bf16
    from imgrank.backbone.names import read_name
    from imgrank.backbone.open_clip_backbone import OpenClipBackbone
    from imgrank.backbone.open_clip_facts import recall_facts, remember_facts

    name = read_name(text)
    if name.bf16 and not has_bf16(device):
        note(f"{name} asks for bfloat16, which {device} does not have in hardware: new images take long")
    facts = recall_facts(name)
    if facts is None:
        from imgrank.backbone.resolve import resolve

        facts = resolve(name, note)
        remember_facts(name, facts)
    if name.bf16:
        facts = replace(facts, fingerprint=_bf16_fingerprint(facts.fingerprint))
    return OpenClipBackbone(name, facts, device)


def _bf16_fingerprint(exact: str) -> str:
    from imgrank.backbone.fingerprint import fingerprint

    return fingerprint({"of": exact, "precision": "bf16"}, [], {})
