"""Closed forms in adapter files: kept as they were, checked like everything else, scored without a network."""

import json
from dataclasses import replace

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import save_file

from imgrank.adapter import files
from imgrank.adapter.answering import closed_values, score_tokens
from imgrank.adapter.closed import ClosedForm, Kernel, RowShape, moments_of, places_of
from imgrank.adapter.files import Adapter, load, read_header, save
from imgrank.errors import AdapterError
from imgrank.tokens import TokenShape, pack
from tests.adapter.making import SHAPE, adapter, packed, sentence


def closed_form(seed=0, kernel=True) -> ClosedForm:
    rng = np.random.default_rng(seed)
    shape = RowShape.of(SHAPE)
    bumps = Kernel(
        directions=rng.normal(size=(shape.numbers, 3)).astype(np.float16),
        lengths=np.array([0.1, 0.05, 0.02], np.float32),
        landmarks=rng.normal(size=(7, 3)).astype(np.float32),
        heights=rng.normal(size=7).astype(np.float32),
    )
    return ClosedForm(shape, rng.normal(size=shape.numbers + 1).astype(np.float32), bumps if kernel else None)


@pytest.mark.parametrize("tokens", [49, 36, 100])
def test_a_grid_of_many_tokens_is_sixteen_places_of_a_row(tokens):
    """Whose means over areas keep the mean over all; fits and questions read them alike."""
    shape = TokenShape(tokens, 6, 5)
    rng = np.random.default_rng(0)
    pictures = pack(rng.normal(size=(3, tokens, 6)).astype(np.float32), rng.normal(size=(3, 5)).astype(np.float32))
    row = RowShape.of(shape)
    places = places_of(pictures)
    assert (row.tokens, places.shape) == (16, (3, row.places))
    np.testing.assert_allclose(places.reshape(3, 16, 6).mean(axis=1), pictures.tokens().mean(axis=1), atol=1e-5)
    weights = rng.normal(size=row.numbers + 1).astype(np.float32)
    by_hand = np.concatenate([places, moments_of(pictures), pictures.embedding.astype(np.float32)], 1) @ weights[:-1]
    told = closed_values(ClosedForm(row, weights), pictures)
    np.testing.assert_allclose(told, by_hand + weights[-1], atol=1e-4)


def without_model(kernel=True) -> Adapter:
    made = adapter()
    query = replace(made.queries[1], scorer="ridge", ridge=None, closed=closed_form(kernel=kernel))
    return Adapter(replace(made.header, queries=(query,), has_model=False), None)


def expected(form, pictures):
    """The definition, in float64."""
    tokens = pictures.tokens().astype(np.float64)
    rows = np.hstack([tokens.reshape(len(tokens), -1), tokens.std(axis=1), pictures.embedding.astype(np.float64)])
    value = rows @ form.linear[:-1] + form.linear[-1]
    if form.kernel is None:
        return value
    along = rows @ form.kernel.scaled()
    apart = np.square(along[:, None] - form.kernel.landmarks).sum(axis=2)
    return value + np.exp(-apart) @ form.kernel.heights


@pytest.mark.parametrize("kernel", [True, False])
def test_a_file_without_a_model_scores_by_its_closed_form(tmp_path, kernel):
    made = without_model(kernel)
    save(tmp_path / "made.safetensors", made)
    loaded = load(tmp_path / "made.safetensors")
    assert loaded.model is None
    assert not read_header(tmp_path / "made.safetensors").has_model
    pictures, query = packed(300), loaded.queries[0]
    said = score_tokens(loaded, pictures, sentence(), query).value
    assert said == pytest.approx(
        query.mean + query.scale * expected(made.queries[0].closed, pictures), rel=1e-4, abs=1e-4
    )


def test_a_score_does_not_depend_on_the_other_pictures():
    form, pictures = closed_form(), packed(300)
    whole = closed_values(form, pictures)
    turned = closed_values(form, pictures[np.arange(299, -1, -1)])[::-1]
    alone = np.concatenate([closed_values(form, pictures[n : n + 1]) for n in range(0, 300, 37)])
    np.testing.assert_array_equal(whole, turned)
    np.testing.assert_array_equal(whole[::37], alone)


def test_a_closed_form_may_stand_beside_a_model(tmp_path):
    made = adapter()
    query = replace(made.queries[0], scorer="blend", blend_weight=0.25, relevance=False, closed=closed_form())
    both = Adapter(replace(made.header, queries=(query,)), made.model)
    save(tmp_path / "made.safetensors", both)
    loaded = load(tmp_path / "made.safetensors")

    def said(scorer):
        return score_tokens(loaded, packed(20), sentence(), replace(loaded.queries[0], scorer=scorer)).value

    assert said("blend") == pytest.approx(0.25 * said("adapter") + 0.75 * said("ridge"), rel=1e-5)


def test_pairs_cannot_be_compared_without_a_model():
    made = without_model()
    with pytest.raises(AdapterError, match="no network that could compare"):
        score_tokens(made, packed(3), sentence(), made.queries[0], summarise=True)


def test_files_that_older_versions_can_read_say_so_and_others_do_not(tmp_path):
    for made, wanted in ((adapter(), 1), (without_model(), 2)):
        save(tmp_path / "made.safetensors", made)
        with safe_open(tmp_path / "made.safetensors", framework="numpy") as file:
            assert json.loads(file.metadata()[files.METADATA_KEY])["format"] == wanted


def test_a_file_of_the_first_format_says_nothing_of_models_or_closed_forms_and_is_read(tmp_path):
    path = tmp_path / "made.safetensors"
    save(path, adapter())

    def forget(header, tensors):
        del header["model"], header["header_digest"]
        for query in header["queries"]:
            del query["closed"]

    rewrite(path, forget)
    assert load(path).model is not None


def rewrite(path, change):
    with safe_open(path, framework="numpy") as file:
        header = json.loads(file.metadata()[files.METADATA_KEY])
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (it is no mapping)
    change(header, tensors)
    save_file(tensors, path, {files.METADATA_KEY: json.dumps(header)})


WRONG = {
    "too many landmarks": lambda h, t: h["queries"][0]["closed"].update(landmarks=10**6),
    "no directions": lambda h, t: h["queries"][0]["closed"].update(directions=0),
    "a size that is no number": lambda h, t: h["queries"][0]["closed"].update(moments="1"),
    "another row": lambda h, t: h["queries"][0]["closed"].update(moments=5),
    "an unknown size": lambda h, t: h["queries"][0]["closed"].update(more=1),
    "a missing tensor": lambda h, t: t.pop("query.0.heights"),
    "a number that is none": lambda h, t: t["query.0.linear"].__setitem__(0, np.nan),
    "a model that is not there": lambda h, t: h.update(model=True),
    "a scorer that is not there": lambda h, t: h["queries"][0].update(scorer="blend"),
    "relevance without a model": lambda h, t: h["queries"][0].update(relevance=True),
    "neither": lambda h, t: h["queries"][0].update(closed=None),
}


@pytest.mark.parametrize("change", WRONG.values(), ids=WRONG)
def test_a_file_whose_closed_form_does_not_hold_together_is_refused(tmp_path, change):
    path = tmp_path / "made.safetensors"
    save(path, without_model())
    rewrite(path, change)
    with pytest.raises(AdapterError) as error:
        load(path)
    assert "\n" not in str(error.value)
