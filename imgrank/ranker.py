"""The pipeline, in one readable function: discover, decode, encode, store, score, order."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from hashlib import blake2b
from itertools import chain
from pathlib import Path

import numpy as np

from imgrank.adapter.activation_cache import ActivationCache
from imgrank.backbone.load import load_backbone
from imgrank.choices import GroupBy
from imgrank.decode import DEFAULT_MAX_MEGAPIXELS
from imgrank.detail.measure import WIDTH, Detail
from imgrank.discover import Discovered, discover, path_order, told_of_others
from imgrank.encoding import Encoded, encode_files
from imgrank.errors import NothingToRank, StoreError, UsageError
from imgrank.facts import Facts, FactsReader
from imgrank.filtering import Filters, filtered
from imgrank.grouping import Grouper, GroupSettings, in_groups
from imgrank.index.reading import Indexed, is_index, open_indexes
from imgrank.measuring import DetailMeasure, Measuring
from imgrank.order import order
from imgrank.paths import printable
from imgrank.patterns import Exclusion
from imgrank.records import ImageFile, Progress, Ranking, Term, Unreadable
from imgrank.scoring.asking import answer, ask, terms_of
from imgrank.scoring.composing import Asking, Pictures, compose
from imgrank.scoring.detail import quality_asked
from imgrank.scoring.mixing import answered_term
from imgrank.scoring.question import Answer, NamedPictures, Question, single_questions
from imgrank.scoring.scorers import Resources
from imgrank.scoring.similarity import appearance_of
from imgrank.scoring.words import in_words
from imgrank.store import TextStore, View, open_store
from imgrank.tokens import PackedTokens, TextTokens, joined

SCORED_AT_ONCE = 4096
NO_FILTERS = Filters()


@dataclass(frozen=True, slots=True)
class EncodedPictures:
    """Tokens of pictures in input order, and what could not be read.

    Attributes:
        files: N pictures.
        packed: Their tokens, row for row.
        skipped: Files that could not be read, each with its reason.
    """

    files: tuple[ImageFile, ...]
    packed: PackedTokens
    skipped: tuple[Unreadable, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Pictures:
    """What is put in order: files whose tokens stand in the store, then pictures of indexes.

    `detail` (files, WIDTH) was measured of the files at full size, None where nobody asked or indexes lack theirs.
    """

    encoded: Encoded
    indexed: Indexed
    skipped: tuple[Unreadable, ...]
    detail: Detail | None = None

    @property
    def paths(self) -> list[str]:
        return [*(file.path for file in self.encoded.files), *self.indexed.paths]

    @property
    def files(self) -> list[ImageFile]:
        """Those of `paths`; of an index nothing more is known."""
        return [*self.encoded.files, *(ImageFile(path, 0, 0) for path in self.indexed.paths)]

    @property
    def name(self) -> bytes:
        """A name that other pictures, or these in another order, do not have."""
        name = blake2b("\0".join(self.encoded.digests).encode())
        name.update(b"" if self.detail is None else self.detail.tobytes())
        for part in self.indexed.parts:
            name.update(f"{part.location.where}\0{part.name}".encode(errors="surrogateescape") + part.kept.tobytes())
        return name.digest()


class Ranker:
    """Puts pictures in order by a sentence; answers many sentences without loading anything twice.

    A context manager: leaving it closes the cache.

    Args:
        backbone: `mini`, an open_clip model `NAME/TAG`, or `NAME@FILE` with weights of your own.
        adapter: Which trained ranker answers: a name, a file, `auto` (the one that was trained on such a query, if
            any) or `none` (zero-shot).
        device: `auto`, `cpu`, `cuda` or `mps`.
        cache: Whether stored tokens are read and written.
        note: Receives single lines for the user.
        max_megapixels: A larger picture is skipped, unless its tokens are stored.
        verify: Read and hash every file, even where its size and time are as they were when its tokens were stored.

    Raises:
        BackboneError: The backbone is unknown, cannot be downloaded, or does not load.
    """

    def __init__(
        self,
        backbone: str = "mini",
        adapter: str = "auto",
        device: str = "auto",
        cache: bool = True,
        note: Callable[[str], None] = lambda _: None,
        max_megapixels: float = DEFAULT_MAX_MEGAPIXELS,
        verify: bool = False,
    ) -> None:
        self.backbone = load_backbone(backbone, device, note)
        self.adapter = adapter
        self._max_megapixels = max_megapixels
        self._verify = verify
        self._store = open_store(self.backbone.fingerprint, self.backbone.shape, cache=cache, note=note)
        self._details = Measuring(DetailMeasure(), cache=cache, note=note, max_megapixels=max_megapixels)
        self._facts = FactsReader(cache=cache, note=note)
        self._grouper = Grouper(self._facts, cache=cache, note=note, max_megapixels=max_megapixels)
        self._text_store = TextStore(self.backbone.fingerprint) if cache else None
        self._sentences: dict[str, TextTokens] = {}
        self.resources = Resources(activations=ActivationCache())

    def rank(
        self,
        sources: Pictures,
        sentence: str | None = None,
        *,
        listed: Sequence[str | Path] = (),
        opposite: str | None = None,
        like: Pictures | None = None,
        between: tuple[Pictures, Pictures] | None = None,
        plus: Sequence[Term | str] = (),
        minus: Sequence[Term | str] = (),
        recursive: bool = False,
        refine: bool = False,
        filters: Filters = NO_FILTERS,
        group: GroupSettings | str = "none",
        progress: Callable[[Progress], None] = lambda _: None,
    ) -> Ranking:
        """Order pictures by a sentence, or by pictures, or by a mix of both, best first.

        Ctrl-C while encoding gives the ranking of what was done, marked `partial`.

        Args:
            sources: A file, folder, glob or index (a folder or URL that `imgrank index` made), or several of them.
            sentence: What to order by, such as "older person".
            listed: Further files, taken literally: one that does not exist is skipped and named, not refused.
            opposite: The other end of the scale, where no ranker was trained.
            like: Order by likeness to a picture, to several, or to those in a folder.
            between: Two pictures, or two sets of them: the order runs from the first to the second, which stands first.
            plus: More of these: texts, or `Term`s with a weight, beside the rest.
            minus: Less of these.
            recursive: Go down into sub-folders.
            refine: Re-rank close results by comparing pairs; for trained rankers.
            filters: What a picture must be to be ranked: when it was taken, by which camera, how it is called.
            group: Which pictures belong together: `similar`, `burst`, `folder` or `day`, or a `GroupSettings`. Each
                then has its group and its rank in it.
            progress: Is told how far encoding is.

        Returns:
            The ranking. Of a mix, scores are weighted means of standard deviations: see `imgrank.scoring.mixing`.

        Raises:
            UsageError: Nothing is asked, or what is asked does not fit together.
            AdapterError: The ranker that was asked for cannot be used.
            NothingToRank: No picture was found, or none could be read.
            IndexFault: An index cannot be read.
        """
        started = time.perf_counter()
        question = self.question(Asking(sentence, opposite, like, between, plus, minus, refine))
        named = _several(sources)
        indexes = [source for source in named if is_index(source)]
        with _without_collector():
            others = [source for source in named if not is_index(source)]
            found = discover(
                others, listed=[str(path) for path in listed], recursive=recursive, exclude=filters.exclusion
            )
        settings = GroupSettings.of(group)
        _refuse_without_facts(indexes, filters, settings)
        indexed = self._open(indexes, found, filters)
        if not (found.files or found.skipped or indexed.paths or indexed.skipped):
            raise nothing_found(named, found.subfolders, found.others)
        found, notes = self._filtered(found, filters, progress)
        pictures = self._prepared(question, found, indexed, progress)
        try:
            answered = self._answer(question, pictures)
        except StoreError:  # rows were damaged or removed meanwhile: encode those again
            pictures = self._prepared(question, found, indexed, progress)
            answered = self._answer(question, pictures)
        grouped = None if settings.by is GroupBy.none else self._grouper.of(pictures.files, settings, progress)
        ranking = self._ranking(question, pictures, answered, time.perf_counter() - started)
        notes = ranking.notes + told_of_others(found.others) + notes
        ranking = replace(ranking, notes=notes, indexes=tuple(indexes))
        if grouped is None:
            return ranking
        numbers = dict(zip(pictures.paths, grouped.numbers, strict=True))
        noted = ranking.notes + ((grouped.note,) if grouped.note else ())
        return replace(ranking, images=in_groups(ranking.images, numbers), notes=noted)

    def group(
        self,
        files: Sequence[str | Path],
        by: GroupSettings | str = "similar",
        *,
        progress: Callable[[Progress], None] = lambda _: None,
    ) -> tuple[int, ...]:
        """Which pictures belong together: the number of each file's group, from 1, whatever the order of files.

        Ctrl-C ends it; what was read by then stays stored.

        Args:
            files: Pictures; one that cannot be read stands in a group of its own.
            by: `similar`, `burst`, `folder` or `day`, or a `GroupSettings` with a threshold.
            progress: Is told how far it is.

        Raises:
            UsageError: A file does not exist, or nothing can be grouped so.
        """
        given = _as_given(discover([str(file) for file in files]), files)
        return self._grouper.of(given, GroupSettings.of(by), progress).numbers

    def facts_of(self, files: Sequence[str | Path]) -> tuple[Facts, ...]:
        """When and by which camera each file was taken, how it lies, and its stars; nothing where nothing is known.

        Args:
            files: Pictures.

        Raises:
            UsageError: A file does not exist.
        """
        return self._facts.of(_as_given(discover([str(file) for file in files]), files))

    def encode(
        self,
        files: Sequence[str | Path],
        *,
        mirrored: bool = False,
        progress: Callable[[Progress], None] = lambda _: None,
    ) -> EncodedPictures:
        """Tokens of pictures, in input order; what cannot be read is named.

        Ctrl-C ends it; what was encoded by then stays stored.

        Args:
            files: Pictures, folders, and indexes; an index stands for all its pictures.
            mirrored: Encode the mirror images instead.
            progress: Is told how far it is.

        Raises:
            UsageError: A file does not exist, or an index is to be mirrored.
            StoreError: Tokens vanish from the cache time and again.
        """
        indexes = [str(file) for file in files if is_index(str(file))]
        if indexes:
            return self._encode_with(indexes, files, mirrored, progress)
        found = discover([str(file) for file in files])
        given, view = _as_given(found, files), View.mirrored if mirrored else View.plain
        try:
            encoded, packed = self._encode_and_read(given, view, progress)
        except StoreError:  # rows were damaged or removed meanwhile: encode those again
            encoded, packed = self._encode_and_read(given, view, progress)
        return EncodedPictures(encoded.files, packed, found.skipped + encoded.skipped)

    def detail_of(
        self, files: Sequence[str | Path], *, progress: Callable[[Progress], None] = lambda _: None
    ) -> Detail:
        """Sharpness, noise and other numbers of each file at its full size; they do not depend on the backbone.

        Ctrl-C ends it; what was measured by then stays stored.

        Args:
            files: N pictures.
            progress: Is told how far it is.

        Returns:
            (N, WIDTH) float32, row for row with `files`; the columns are named by `imgrank.detail.measure.NAMES`.
            A file that cannot be decoded at full size has NaN throughout its row.

        Raises:
            UsageError: A file does not exist.
        """
        found = discover([str(file) for file in files])
        given = _as_given(found, files)
        measured = self._details.of(given, progress)
        if measured.partial:
            raise KeyboardInterrupt
        rows = {file.path: row for file, row in zip(given, measured.detail, strict=True)}
        unknown = np.full(WIDTH, np.nan, np.float32)
        return np.array([rows.get(str(file), unknown) for file in files], np.float32).reshape(-1, WIDTH)

    def open_index(self, where: str | Path) -> Indexed:
        """The pictures of an index, to be read as tokens.

        Raises:
            UsageError: There is no index there, or it was made with another backbone.
        """
        return self._open([str(where)], Discovered((), ()))

    def sentence(self, text: str) -> TextTokens:
        """Text tokens of a sentence, from memory, from the cache, or made now.

        Raises:
            UsageError: The sentence is not valid Unicode.
        """
        text = in_words(text)
        if text not in self._sentences:
            _check_text(text)
            known = self._text_store.get(text) if self._text_store else None
            if known is not None:
                known = replace(known, kinds=self.backbone.kinds(text))
            else:
                known = self.backbone.encode_sentence(text)
                if self._text_store:
                    self._text_store.put(text, known)
            self._sentences[text] = known
        return self._sentences[text]

    def question(self, asking: Asking) -> Question:
        """What `rank` would ask; pictures that stand for it are encoded.

        Raises:
            UsageError: Nothing is asked, or what is asked does not fit together.
        """
        for term in (*asking.plus, *asking.minus):
            _check_text((term if isinstance(term, str) else term.text) or "")
        for text in filter(None, (asking.sentence, asking.opposite)):
            _check_text(text)
        return compose(asking, self._encode_named, lambda sentence: terms_of(sentence, self))

    def close(self) -> None:
        """Write what waits for the cache, and release its files. What is encoded later is not stored."""
        self._store.close()
        self._details.close()
        self._grouper.close()
        self._facts.close()

    def __enter__(self) -> Ranker:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _encode_named(self, named: Pictures) -> NamedPictures:
        """Pictures that stand for what is asked. Raises UsageError where one of them cannot be used."""
        each = [named] if isinstance(named, (str, Path)) else list(named)
        paths: list[str] = []
        appearances = []
        for one in each:
            files = [str(one)] if is_index(str(one)) else [file.path for file in discover([str(one)]).files]
            pictures = self.encode(files or [one])
            if not len(pictures.packed):
                reason = pictures.skipped[0].reason if pictures.skipped else "no picture is there"
                raise UsageError(f"{printable(str(one))} cannot be compared with: {reason}.")
            paths.append(str(one))
            appearances.append(appearance_of(pictures.packed))
        return NamedPictures(tuple(paths), np.concatenate(appearances).mean(axis=0), self.backbone.shape.embedding)

    def _filtered(
        self, found: Discovered, filters: Filters, progress: Callable[[Progress], None]
    ) -> tuple[Discovered, tuple[str, ...]]:
        """What the filters keep, before anything is decoded, and a line about what they leave out."""
        if not filters.need_facts:
            return found, ()
        kept = filtered(filters, self._facts.of(found.files, progress))
        if not kept.kept and found.files:
            raise NothingToRank(f"{kept.note}.")
        return replace(found, files=tuple(found.files[n] for n in kept.kept)), (kept.note,)

    def _open(self, indexes: Sequence[str], found: Discovered, filters: Filters = NO_FILTERS) -> Indexed:
        if not indexes:
            return Indexed((), (), (), self.backbone.shape, detailed=False)
        without = _Without({file.path for file in found.files}, filters.exclusion)
        return open_indexes(indexes, self.backbone.fingerprint, self.backbone.name, without)

    def _encode_with(
        self, indexes: Sequence[str], files: Sequence[str | Path], mirrored: bool, progress: Callable[[Progress], None]
    ) -> EncodedPictures:
        if mirrored:
            raise UsageError(f"The index {printable(indexes[0])} holds no mirror images of its pictures.")
        others = self.encode([file for file in files if not is_index(str(file))], progress=progress)
        indexed = self._open(indexes, Discovered(others.files, ()))
        packed = joined([others.packed, *indexed.blocks()])
        known = tuple(ImageFile(path, 0, 0) for path in indexed.paths)
        return EncodedPictures(others.files + known, packed, others.skipped + indexed.skipped)

    def _encode(self, found: Discovered, indexed: Indexed, progress: Callable[[Progress], None]) -> _Pictures:
        encoded = self._encoded(found.files, progress)
        skipped = found.skipped + encoded.skipped + indexed.skipped
        if not encoded.files and not indexed.paths and not encoded.partial:
            first = f" {printable(skipped[0].path)}: {skipped[0].reason}." if skipped else ""
            raise NothingToRank(f"None of {len(skipped)} images could be read.{first}")
        return _Pictures(encoded, indexed, skipped)

    def _prepared(
        self, question: Question, found: Discovered, indexed: Indexed, progress: Callable[[Progress], None]
    ) -> _Pictures:
        """The pictures with all that the question needs of them; what cannot be measured for it is left out."""
        pictures = self._encode(found, indexed, progress)
        wanted = any(quality_asked(one, self.adapter) is not None for one in single_questions(question))
        if not wanted or pictures.encoded.partial or (indexed.paths and not indexed.detailed):
            return pictures
        measured = self._details.of(pictures.encoded.files, progress)
        kept = measured.known
        if measured.partial and not len(kept):
            raise KeyboardInterrupt
        if not len(kept) and not indexed.paths:
            return pictures
        encoded = replace(pictures.encoded.only(kept.tolist()), partial=measured.partial)
        skipped = pictures.skipped + measured.skipped
        return replace(pictures, encoded=encoded, skipped=skipped, detail=measured.detail[kept])

    def _encoded(
        self, files: Sequence[ImageFile], progress: Callable[[Progress], None], view: View = View.plain
    ) -> Encoded:
        return encode_files(files, self.backbone, self._store, progress, view, self._max_megapixels, self._verify)

    def _encode_and_read(
        self, files: Sequence[ImageFile], view: View, progress: Callable[[Progress], None]
    ) -> tuple[Encoded, PackedTokens]:
        """Raises StoreError where rows have gone since they were encoded."""
        encoded = self._encoded(files, progress, view)
        if encoded.partial:
            raise KeyboardInterrupt
        whole = self._store.read_blocks(encoded.digests, max(len(encoded.digests), 1), view)
        return encoded, next(whole, PackedTokens.empty(0, self.backbone.shape))

    def _answer(self, question: Question, pictures: _Pictures) -> Answer:
        detailed = pictures.detail is not None
        places = None
        if question.refine and pictures.indexed.paths:  # ties must not stand as parts happen to be named
            paths = pictures.paths
            places = np.array(sorted(range(len(paths)), key=lambda n: path_order(paths[n])), np.intp)
        scorer = ask(question, self, detailed=detailed)
        blocks = partial(chain.from_iterable, (self._stored(pictures), pictures.indexed.blocks()))
        return answer(scorer, blocks, self.resources, places, pictures.name if question.parts else None)

    def _stored(self, pictures: _Pictures) -> Iterator[PackedTokens]:
        """Tokens of the files, with their detail where it was measured."""
        start = 0
        for block in self._store.read_blocks(pictures.encoded.digests, SCORED_AT_ONCE):
            detail = None if pictures.detail is None else pictures.detail[start : start + len(block)]
            yield replace(block, detail=detail)
            start += len(block)

    def _ranking(self, question: Question, pictures: _Pictures, answered: Answer, seconds: float) -> Ranking:
        verdict = answered.verdict
        with _without_collector():
            fits = None if answered.fits is None else answered.fits.tolist()
            images = order(answered.scores.tolist(), pictures.paths, answered.relevant.tolist(), fits)
        return Ranking(
            query=question.sentence,
            images=images,
            skipped=pictures.skipped,
            backbone=self.backbone.name,
            fingerprint=self.backbone.fingerprint,
            scorer=verdict.scorer,
            adapter=verdict.adapter,
            unit=verdict.unit,
            confident=verdict.confident,
            device=self.backbone.device,
            encoded=pictures.encoded.fresh,
            seconds=seconds,
            partial=pictures.encoded.partial,
            notes=verdict.notes + _changed(pictures.encoded.changed),
            confidence=verdict.confidence,
            asked=verdict.asked,
            terms=verdict.terms or (answered_term(question, verdict),),
        )


@dataclass(frozen=True, slots=True)
class _Without:
    """Paths that an index need not give: those of files that were found, and what is excluded."""

    paths: set[str]
    exclusion: Exclusion

    def __contains__(self, path: object) -> bool:
        return path in self.paths or self.exclusion.covers(str(path))


def _refuse_without_facts(indexes: Sequence[str], filters: Filters, group: GroupSettings) -> None:
    """An index holds tokens and paths: no dates, no cameras, no small copies."""
    asked = [*(["filters"] if filters.need_facts else []), *([f"groups by {group.by.value}"] * _needs_copies(group))]
    if indexes and asked:
        raise UsageError(
            f"{' and '.join(asked).capitalize()} go by what stands in the pictures' files, and the index "
            f"{printable(indexes[0])} does not hold that. Rank the pictures themselves instead of the index."
        )


def _needs_copies(group: GroupSettings) -> bool:
    return group.by.needs_facts or group.by.needs_copies


class IndexTokens:
    """Tokens of an index in place of a Ranker's: what training and evaluation ask for, with no picture at hand.

    The ranker is the caller's to close. Raises what `Ranker.open_index` raises.
    """

    def __init__(self, ranker: Ranker, where: str | Path) -> None:
        self.backbone = ranker.backbone
        self.sentence = ranker.sentence
        self.pictures = ranker.open_index(where)

    def encode(
        self,
        files: Sequence[str | Path],
        *,
        mirrored: bool = False,
        progress: Callable[[Progress], None] = lambda _: None,
    ) -> EncodedPictures:
        """Tokens of those pictures that the index holds, in the order asked; the others are named. No mirror images."""
        if mirrored:
            raise UsageError("An index holds no mirror images of its pictures.")
        known, reasons = set(self.pictures.paths), {bad.path: bad.reason for bad in self.pictures.skipped}
        asked = [str(file) for file in files]
        found = [path for path in asked if path in known]
        lost = (Unreadable(path, reasons.get(path, "it is not in the index")) for path in asked if path not in known)
        packed = self.pictures.read(found)
        progress(Progress(len(asked), len(asked), "reading"))
        return EncodedPictures(tuple(ImageFile(path, 0, 0) for path in found), packed, tuple(lost))

    def detail_of(
        self, files: Sequence[str | Path], *, progress: Callable[[Progress], None] = lambda _: None
    ) -> Detail:
        """As `Ranker.detail_of`; an index holds no detail, so that no number is one."""
        return np.full((len(files), WIDTH), np.nan, np.float32)


@contextmanager
def _without_collector() -> Iterator[None]:
    """Within, no garbage is looked for: many small records would have it search all of torch, and make none."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def nothing_found(sources: Sequence[str], subfolders: int = 0, others: Sequence[tuple[str, int]] = ()) -> NothingToRank:
    """What to say of sources without any picture."""
    named = ", ".join(f'"{printable(source)}"' for source in sources[:3]) or "the list"
    more = f" and {len(sources) - 3} more" if len(sources) > 3 else ""
    remedy = f"Use {{recursive}} to include {subfolders:,} subfolder{'s' * (subfolders != 1)}." if subfolders else ""
    passed_by = "".join(f" {line}." for line in told_of_others(others))
    return NothingToRank(f"No image was found in {named}{more}.{passed_by}", remedy)


def _several(files: Pictures) -> list[str]:
    """One path, or several, as strings."""
    return [str(files)] if isinstance(files, (str, Path)) else [str(file) for file in files]


def _check_text(text: str) -> None:
    """Raise UsageError on what a shell passed on in another encoding: Python keeps such bytes as lone surrogates."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise UsageError(
            f'The sentence "{printable(text)}" is not UTF-8; use a terminal that is set to UTF-8.'
        ) from error


def _changed(count: int) -> tuple[str, ...]:
    """What is to be said of files whose bytes are others than their size and time led to."""
    if not count:
        return ()
    one, several = "1 file has new contents but its", f"{count:,} files have new contents but their"
    used = "its cached encoding" if count == 1 else "their cached encodings"
    return (f"{one if count == 1 else several} old size and time; without --verify, {used} would have been used",)


def _as_given(found: Discovered, files: Sequence[str | Path]) -> list[ImageFile]:
    """Discovered files back in the order in which they were named."""
    by_path = {file.path: file for file in found.files}
    return [by_path[str(file)] for file in files if str(file) in by_path]
