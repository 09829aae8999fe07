import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgrank.backbone.names import BackboneName, close_matches, parse_name
from imgrank.errors import BackboneError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ViT-B-32/laion2b_s34b_b79k", BackboneName("ViT-B-32", tag="laion2b_s34b_b79k")),
        ("ViT-B/32/openai", BackboneName("ViT-B-32", tag="openai")),
        ("ViT-B-32/LAION2B-s34b-b79k", BackboneName("ViT-B-32", tag="laion2b_s34b_b79k")),
        ("RN50@weights.pt", BackboneName("RN50", file="weights.pt")),
        (r"RN50@C:\models\a@b.pt", BackboneName("RN50", file=r"C:\models\a@b.pt")),
        ("ViT-B/32@../x/y.safetensors", BackboneName("ViT-B-32", file="../x/y.safetensors")),
    ],
)
def test_both_forms_are_read(text, expected):
    assert parse_name(text) == expected


@pytest.mark.parametrize("text", ["", "ViT-B-32", "/openai", "ViT-B-32/", "ViT-B-32@", "@file.pt", "mimi"])
def test_other_texts_are_refused_with_the_forms(text):
    with pytest.raises(BackboneError, match="NAME/TAG") as refusal:
        parse_name(text)
    assert repr(text) in str(refusal.value)


WORD = st.text("abcXYZ019-_", min_size=1)


@given(model=WORD, tag=st.text("abc019_", min_size=1))
def test_a_name_reads_back_as_itself(model, tag):
    name = BackboneName(model, tag=tag)
    assert parse_name(str(name)) == name


def test_close_matches_disregard_case():
    assert close_matches("vit-b-23/OPENAI", ["ViT-B-32/openai", "RN50/openai"])[0] == "ViT-B-32/openai"
    assert close_matches("zzz", ["ViT-B-32/openai"]) == []
