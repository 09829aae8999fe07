"""From files to stored tokens: recall what the store knows, decode and encode the rest, in input order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from imgrank.backbone.contract import Backbone
from imgrank.decode import DEFAULT_MAX_MEGAPIXELS
from imgrank.decode.load_many import Refused, read_path
from imgrank.encode import Decoding, Origin, Picture, encode
from imgrank.records import ImageFile, Progress, Unreadable
from imgrank.store import TokenStore, View
from imgrank.tokens import PackedTokens


@dataclass(frozen=True, slots=True)
class Encoded:
    """Pictures whose tokens stand in the store, in input order, and what was left out.

    `digests` and `view` name their rows in the store; `fresh` counts the pictures that ran through the image tower,
    `changed` the files whose bytes are others than their size and time led to, where all were read;
    `partial` is True after an interruption.
    """

    files: tuple[ImageFile, ...]
    digests: tuple[str, ...]
    view: View
    skipped: tuple[Unreadable, ...]
    fresh: int
    changed: int = 0
    partial: bool = False

    def only(self, kept: Sequence[int]) -> Encoded:
        """The same with the pictures at those positions alone."""
        return replace(self, files=tuple(self.files[n] for n in kept), digests=tuple(self.digests[n] for n in kept))


def encode_files(
    files: Sequence[ImageFile],
    backbone: Backbone,
    store: TokenStore,
    progress: Callable[[Progress], None],
    view: View = View.plain,
    max_megapixels: float = DEFAULT_MAX_MEGAPIXELS,
    verify: bool = False,
) -> Encoded:
    """Make sure that the store holds tokens of every readable file, in this view.

    `verify` has every file read and hashed, whatever its size and time say. Pictures of more than `max_megapixels`
    are not decoded but left out, unless their tokens are stored already.
    Ctrl-C ends it early, with the result marked partial; where nothing was done yet it goes on up.
    """
    run = _Run(files, backbone, store, view, max_megapixels, verify)
    run.recall()
    try:
        run.encode_missing(progress)
    except KeyboardInterrupt:
        if not run.digests:
            raise
        run.partial = True
    finally:
        store.flush()
    return run.result()


@dataclass(slots=True)
class _Run:
    """One walk over the files; `digests` and `skipped` grow as pictures are done, by position in `files`."""

    files: Sequence[ImageFile]
    backbone: Backbone
    store: TokenStore
    view: View
    max_megapixels: float
    verify: bool
    digests: dict[int, str] = field(default_factory=dict)
    skipped: list[Unreadable] = field(default_factory=list)
    fresh: int = 0
    changed: int = 0
    partial: bool = False
    _believed: dict[int, str] = field(default_factory=dict)

    def recall(self) -> None:
        """Take what the store knows by path, size and time."""
        recalled = {n: digest for n, digest in enumerate(self.store.recall(self.files)) if digest is not None}
        if self.verify:
            self._believed = recalled
            return
        have = self.store.have(list(recalled.values()), self.view)
        self.digests = {n: digest for (n, digest), known in zip(recalled.items(), have, strict=True) if known}

    def encode_missing(self, progress: Callable[[Progress], None]) -> None:
        """Read what is not known yet; encode what is not known by its content either."""
        encode(
            [_Placed(place, file) for place, file in enumerate(self.files) if place not in self.digests],
            self.backbone,
            Origin(_read),
            self,
            Decoding.of(self.backbone, self.max_megapixels),
            mirrored=self.view is View.mirrored,
            progress=progress,
        )

    def is_known(self, digest: str) -> bool:
        return self.store.has(digest, self.view)

    def know(self, picture: Picture[_Placed]) -> None:
        self._note_change(picture)
        self.store.remember([picture.item.file], [picture.digest])
        self.digests[picture.item.place] = picture.digest

    def refuse(self, refused: Refused[_Placed]) -> None:
        self.skipped.append(Unreadable(refused.item.path, refused.reason))

    def keep(self, pictures: Sequence[Picture[_Placed]], tokens: PackedTokens) -> None:
        digests = [picture.digest for picture in pictures]
        self.store.put([picture.item.file for picture in pictures], digests, tokens, self.view)
        for picture in pictures:
            self._note_change(picture)
            self.digests[picture.item.place] = picture.digest
        self.fresh += len(pictures)

    def _note_change(self, picture: Picture[_Placed]) -> None:
        self.changed += self._believed.get(picture.item.place, picture.digest) != picture.digest

    def result(self) -> Encoded:
        kept = sorted(self.digests)
        return Encoded(
            files=tuple(self.files[position] for position in kept),
            digests=tuple(self.digests[position] for position in kept),
            view=self.view,
            skipped=tuple(self.skipped),
            fresh=self.fresh,
            changed=self.changed,
            partial=self.partial,
        )


@dataclass(frozen=True, slots=True)
class _Placed:
    """A file by its place among those that were asked for; one may stand there twice."""

    place: int
    file: ImageFile

    @property
    def path(self) -> str:
        return self.file.path

    @property
    def size(self) -> int:
        return self.file.size


def _read(placed: _Placed) -> bytes:
    return read_path(placed.file)
