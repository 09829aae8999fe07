"""Folders and star ratings as labels."""

import numpy as np
import pytest

from imgrank.errors import LabelsError
from imgrank.labels import labels_from_folders, labels_from_ratings

NS = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:xmp="http://ns.adobe.com/xap/1.0/"'
META = '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF {ns}>{inside}</rdf:RDF></x:xmpmeta>'


def attribute(stars):
    """As Lightroom and darktable write it."""
    return META.format(ns=NS, inside=f'<rdf:Description rdf:about="" xmp:Rating="{stars}"/>')


def element(stars):
    """As digiKam (Exiv2 in some settings) and others write it."""
    return META.format(
        ns=NS, inside=f'<rdf:Description rdf:about=""><xmp:Rating>{stars}</xmp:Rating></rdf:Description>'
    )


def pictures(folder, count):
    folder.mkdir(parents=True, exist_ok=True)
    for n in range(count):
        (folder / f"{n}.jpg").write_bytes(b"\xff\xd8 picture \xff\xd9")


def by_class(labels):
    (task,) = labels.values
    names = [path.replace("\\", "/").split("/")[-2] for path in task.images]
    return dict(zip(names, task.values.tolist(), strict=True))


def test_numbered_folders_give_their_numbers(tmp_path):
    for name in ("1", "2 fair", "10-best"):
        pictures(tmp_path / name, 4)
    assert by_class(labels_from_folders(str(tmp_path), "better")) == {"1": 1, "2 fair": 2, "10-best": 10}


def test_named_folders_follow_the_scale_the_order_or_the_names_and_say_so(tmp_path):
    for name in ("good", "bad", "fair"):
        pictures(tmp_path / name / "deeper", 3)
        pictures(tmp_path / name, 3)
    known = labels_from_folders(str(tmp_path), "better")
    assert by_class(known) == {"bad": 1, "fair": 2, "good": 3, "deeper": 3}
    assert "bad < fair < good" in known.notes[0]
    given = labels_from_folders(str(tmp_path), "worse", ["good", "fair", "bad"])
    assert by_class(given)["bad"] == 3
    with pytest.raises(LabelsError, match="each subfolder"):
        labels_from_folders(str(tmp_path), "worse", ["good", "bad"])


def test_folders_without_classes_or_pictures_are_refused(tmp_path):
    with pytest.raises(LabelsError, match="subfolders"):
        labels_from_folders(str(tmp_path), "better")
    pictures(tmp_path / "a", 3)
    pictures(tmp_path / "b", 3)
    with pytest.raises(LabelsError, match="6 images"):
        labels_from_folders(str(tmp_path), "better")


@pytest.mark.parametrize("form", [attribute, element])
@pytest.mark.parametrize("place", ["name.xmp", "name.jpg.xmp", "embedded"])
def test_ratings_are_read_wherever_photo_programs_write_them(tmp_path, form, place):
    pictures(tmp_path, 10)
    for n in range(10):
        packet = form(n % 6).encode()
        picture = tmp_path / f"{n}.jpg"
        if place == "embedded":
            picture.write_bytes(b"\xff\xd8 before " + packet + b" after \xff\xd9")
        else:
            (tmp_path / place.replace("name", str(n))).write_bytes(b"\xef\xbb\xbf" * (n % 2) + packet)
    (task,) = labels_from_ratings([str(tmp_path)], "nicer").values
    assert np.array_equal(task.values, [n % 6 for n in range(10)])


def test_a_sidecar_goes_before_the_picture_and_rejected_and_unrated_are_left_out(tmp_path):
    pictures(tmp_path, 12)
    for n in range(10):
        (tmp_path / f"{n}.xmp").write_text(attribute(n % 5))
    (tmp_path / "0.jpg").write_bytes(attribute(5).encode())
    (tmp_path / "10.xmp").write_text(attribute(-1))
    labels = labels_from_ratings([str(tmp_path)], "nicer")
    assert labels.values[0].values[0] == 0
    reasons = [str(fault).rsplit("jpg ")[-1] for fault in labels.left_out]
    assert reasons == ["is rejected", "has no rating"]
    assert "2 images have 0 stars" in labels.notes[0]


@pytest.mark.parametrize(
    "rubbish", ["<x:xmpmeta>", '<!DOCTYPE a [<!ENTITY b "c">]>' + attribute(3), attribute(9), attribute("x"), ""]
)
def test_rubbish_in_a_sidecar_is_no_rating(tmp_path, rubbish):
    pictures(tmp_path, 9)
    for n in range(9):
        (tmp_path / f"{n}.xmp").write_text(attribute(n % 5))
    (tmp_path / "0.xmp").write_text(rubbish)
    assert len(labels_from_ratings([str(tmp_path)], "nicer").values[0]) == 8


def test_no_ratings_is_said_with_counts(tmp_path):
    pictures(tmp_path, 9)
    with pytest.raises(LabelsError, match="0 of 9 images"):
        labels_from_ratings([str(tmp_path)], "nicer")


def test_the_stars_of_what_a_picture_was_made_of_are_not_its_own(tmp_path):
    pictures(tmp_path, 10)
    nested = "<xmp:Made><rdf:Bag><rdf:li><rdf:Description xmp:Rating='5'/></rdf:li></rdf:Bag></xmp:Made>"
    for n in range(10):
        inside = f'<rdf:Description rdf:about="">{nested}<xmp:Rating>{n % 5}</xmp:Rating></rdf:Description>'
        (tmp_path / f"{n}.xmp").write_text(META.format(ns=NS, inside=inside))
    (tmp_path / "9.xmp").write_text(
        META.format(ns=NS, inside=f'<rdf:Description rdf:about="">{nested}</rdf:Description>')
    )
    labels = labels_from_ratings([str(tmp_path)], "nicer")
    assert np.array_equal(labels.values[0].values, [n % 5 for n in range(9)])
