"""The pipeline, in one readable function: discover, decode, encode, store, score, order."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain
from pathlib import Path

from imgrank.adapter.activation_cache import ActivationCache
from imgrank.backbone.load import load_backbone
from imgrank.choices import GroupBy
from imgrank.decode import DEFAULT_MAX_MEGAPIXELS, checked_megapixels
from imgrank.detail.measure import Detail
from imgrank.discover import Discovered, discover
from imgrank.errors import StoreError
from imgrank.facts import Facts, FactsReader
from imgrank.filtering import NO_FILTERS, Filters
from imgrank.grouping import Grouped, Grouper, GroupSettings, ungrouped, with_groups
from imgrank.index.reading import Indexed
from imgrank.measuring import DetailMeasure, Measuring
from imgrank.order import order
from imgrank.pictures import (
    EncodedPictures,
    FoundPictures,
    PictureReader,
    PicturesToRank,
    Report,
    as_given,
    several,
    told_of_changed,
    without_collector,
)
from imgrank.questions import QuestionReader
from imgrank.records import Progress, Ranking, Term
from imgrank.scoring.answered import ranking_of, terms_told
from imgrank.scoring.asking import Settled, answer
from imgrank.scoring.composing import Asking, Pictures
from imgrank.scoring.question import Answer, Question
from imgrank.scoring.scorers import Resources
from imgrank.scoring.terms import terms_of
from imgrank.store import open_store
from imgrank.tokens import TextTokens


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
        max_megapixels: A picture of more million pixels is skipped, unless its tokens are stored; 500 by default.
        verify: Read and hash every file, even where its size and time are as they were when its tokens were stored.

    Raises:
        BackboneError: The backbone is unknown, cannot be downloaded, or does not load.
        UsageError: `max_megapixels` is not a finite number, or is below 0.
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
        self.max_megapixels = checked_megapixels(max_megapixels)
        self.backbone = load_backbone(backbone, device, note)
        self.adapter = adapter
        self._store = open_store(self.backbone.fingerprint, self.backbone.shape, cache=cache, note=note)
        self._details = Measuring(DetailMeasure(), cache=cache, note=note, max_megapixels=max_megapixels)
        self._facts = FactsReader(cache=cache, note=note)
        self._grouper = Grouper(self._facts, cache=cache, note=note, max_megapixels=max_megapixels)
        self._pictures = PictureReader(self.backbone, self._store, self._details, self._facts, max_megapixels, verify)
        self._questions = QuestionReader(self.backbone, self._pictures, cache=cache)
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

        Ctrl-C while encoding gives the ranking of what was done, marked `partial`; in no groups, which hold for all
        pictures or not at all.

        Args:
            sources: A file, folder, glob or index (a folder or URL that `imgrank index` made), or several of them.
            sentence: What to order by, such as "older person"; None where `like` or `between` says it.
            listed: Further files, taken literally: one that does not exist is skipped and named, not refused.
            opposite: The other end of the scale, where no ranker was trained.
            like: Order by similarity to a picture, to several, or to those in a folder.
            between: Two pictures, or two sets of them: the order runs from the first to the second, which stands first.
            plus: More of these: texts, or `Term`s with a weight, beside the rest.
            minus: Less of these.
            recursive: Include subfolders.
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
        settings = GroupSettings.of(group)
        found = self._pictures.find(several(sources), listed, recursive, filters, settings.by, progress)
        pictures, answered = self._answered(question, found, progress)
        grouped = self._grouped(pictures, settings, progress)
        ranking = self._ranking(question, pictures, answered, found.notes, time.perf_counter() - started)
        if settings.by is GroupBy.none:
            return ranking
        return ungrouped(ranking) if grouped is None else with_groups(ranking, pictures.paths, grouped)

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
            files: N pictures; one that cannot be read is in a group of its own.
            by: `similar`, `burst`, `folder` or `day`, or a `GroupSettings` with a threshold.
            progress: Is told how far it is.

        Returns:
            N group numbers, in the order of `files`.

        Raises:
            UsageError: A file does not exist, or `by` is not a way of grouping.
        """
        given = as_given(discover([str(file) for file in files]), files)
        return self._grouper.of(given, GroupSettings.of(by), progress).numbers

    def facts_of(self, files: Sequence[str | Path]) -> tuple[Facts, ...]:
        """When and by which camera each file was taken, how it lies, and its stars; nothing where nothing is known.

        Args:
            files: N pictures.

        Returns:
            N records, in the order of `files`.

        Raises:
            UsageError: A file does not exist.
        """
        return self._facts.of(as_given(discover([str(file) for file in files]), files))

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

        Returns:
            The tokens, row for row with the pictures that could be read, and the files that could not.

        Raises:
            UsageError: A file does not exist, or an index is to be mirrored.
            StoreError: Tokens disappear from the cache again and again.
        """
        return self._pictures.encode(files, mirrored, progress)

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
            A file that cannot be decoded at full size, or has fewer than 16 pixels on its longer side, has NaN
            throughout its row.

        Raises:
            UsageError: A file does not exist.
        """
        return self._pictures.detail_of(files, progress)

    def open_index(self, where: str | Path) -> Indexed:
        """The pictures of an index, to be read as tokens.

        Raises:
            UsageError: There is no index there, or it was made with another backbone.
        """
        return self._pictures.open([str(where)], Discovered((), ()))

    def sentence(self, text: str) -> TextTokens:
        """Text tokens of a sentence, from memory, from the cache, or made now.

        Raises:
            UsageError: The sentence is not valid Unicode.
        """
        return self._questions.tokens(text)

    def question(self, asking: Asking) -> Question:
        """What `rank` would ask; pictures that stand for it are encoded.

        Raises:
            UsageError: Nothing is asked, or what is asked does not fit together.
        """
        return self._questions.read(asking, lambda sentence: terms_of(sentence, self))

    def with_adapter(self, adapter: str) -> Ranker:
        """The same, with another adapter. Both share the model and the cache, which closing either one closes."""
        other = copy.copy(self)
        other.adapter = adapter
        return other

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

    def _answered(self, question: Question, found: FoundPictures, progress: Report) -> tuple[PicturesToRank, Answer]:
        """The pictures with all that the question needs of them, and the answer about them."""
        settled = Settled(question, self)
        detailed = settled.wants_detail
        pictures = self._pictures.gather(found, progress, detailed=detailed)
        try:
            return pictures, self._answer(settled, pictures)
        except StoreError:  # rows were damaged or removed meanwhile: encode those again
            pictures = self._pictures.gather(found, progress, detailed=detailed)
            return pictures, self._answer(settled, pictures)

    def _answer(self, settled: Settled, pictures: PicturesToRank) -> Answer:
        question = settled.question
        places = pictures.by_path() if question.refine and pictures.indexed.paths else None
        scorer = settled.scorer(detailed=pictures.detail is not None)
        blocks = partial(chain.from_iterable, (self._pictures.tokens(pictures), pictures.indexed.blocks()))
        return answer(scorer, blocks, self.resources, places, pictures.name if question.parts else None)

    def _grouped(self, pictures: PicturesToRank, settings: GroupSettings, progress: Report) -> Grouped | None:
        """The groups of all pictures; None where none are wanted, or Ctrl-C ended the run before they were found."""
        if settings.by is GroupBy.none or pictures.encoded.partial:
            return None
        try:
            return self._grouper.of(pictures.files, settings, progress)
        except KeyboardInterrupt:
            return None

    def _ranking(
        self, question: Question, pictures: PicturesToRank, answered: Answer, notes: tuple[str, ...], seconds: float
    ) -> Ranking:
        verdict, changed = answered.verdict, told_of_changed(pictures.encoded.changed)
        with without_collector():
            fits = None if answered.fits is None else answered.fits.tolist()
            images = order(answered.scores.tolist(), pictures.paths, answered.relevant.tolist(), fits)
        return ranking_of(
            question.sentence,
            terms_told(question, verdict),
            replace(verdict, notes=verdict.notes + changed + notes),
            self.backbone,
            images=images,
            skipped=pictures.skipped,
            encoded=pictures.encoded.fresh,
            seconds=seconds,
            partial=pictures.encoded.partial,
        )
