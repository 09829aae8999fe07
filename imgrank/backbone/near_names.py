"""What to say of a name that no backbone has: names that are near it, or what a path lacks."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from itertools import islice

from imgrank.backbone.names import CHOICES, CONFIG_FILE, FILE_KINDS, HUB, MINI, close_matches
from imgrank.paths import printable

AT_MOST = 3
ALL = "`imgrank backbones --all` lists all"


def near_names(text: str, models: Sequence[str]) -> list[str]:
    """Up to three names that can be used, those that were most likely meant first."""
    return list(islice(dict.fromkeys(_near(text.strip(), models)), AT_MOST))


def unknown_name(text: str, models: Sequence[str]) -> str:
    """Why a text is the name of no backbone, in a sentence or two."""
    if looks_like_path(text) or os.path.exists(text.strip()):
        return _no_model_at(text.strip())
    if text.strip().startswith(HUB):
        return f"No repository is called {text.strip()!r}; write {HUB}OWNER/NAME."
    near = near_names(text, models) if text.strip() else []
    ending = _did_you_mean(near) if near else f". Recommended are {_listed([MINI, *CHOICES], 'and')}."
    return f"No backbone is called {text!r}{ending} {ALL}."


def instead(near: Sequence[str]) -> str:
    """The end of a sentence about a name, and where the others are."""
    return f"{_did_you_mean(near) if near else '.'} {ALL}."


def looks_like_path(text: str) -> bool:
    """Whether a text can only be a path: no model of open_clip begins so, or ends as a file of weights does."""
    begins = ("/", "./", "../", "~", ".\\", "..\\")
    return text.strip().startswith(begins) or ("@" not in text and text.lower().strip().endswith(FILE_KINDS))


def _near(text: str, models: Sequence[str]) -> Iterator[str]:
    from imgrank.backbone.catalogue import read_published

    weights = {row.name: row.imagenet_top1 or 0.0 for row in read_published()}

    def best_of(model: str) -> list[str]:
        tags = [name for name in weights if name.startswith(f"{model}/")]
        return sorted(tags, key=lambda name: -weights[name])

    model, _, tag = text.replace("@", "/").rpartition("/")
    model = (model or tag).replace("/", "-").lower()
    same = [known for known in models if known.lower() == model]
    if same and tag.lower() != model:
        yield from close_matches(text, [name for known in same for name in best_of(known)])
    for known in same:
        yield from best_of(known)
    yield from close_matches(text, [MINI, *CHOICES, *weights])
    for known in close_matches(model, models):
        yield from best_of(known)[:1]
    if len(text) >= AT_MOST:
        yield from (name for name in (*CHOICES.values(), *weights) if text.lower() in name.rsplit("/", 1)[0].lower())


def _did_you_mean(near: Sequence[str]) -> str:
    return f"; did you mean {_listed(near, 'or')}?"


def _listed(names: Sequence[str], word: str) -> str:
    return f"{', '.join(names[:-1])} {word} {names[-1]}" if len(names) > 1 else names[0]


def _no_model_at(path: str) -> str:
    shown = printable(path)
    if os.path.isfile(os.path.expanduser(path)):
        return f"The file {shown} does not say which model it belongs to. Name both, such as ViT-B-32@{shown}."
    if os.path.isdir(os.path.expanduser(path)):
        return (
            f"The folder {shown} is no backbone: it holds no {CONFIG_FILE}. Name a folder that open_clip saved, or a "
            f"file of weights as MODEL@FILE, such as ViT-B-32@weights.safetensors."
        )
    return f"There is no file or folder {shown} to take as a backbone."
