"""The paper's five data sets as their owners hand them out, read into labels files.

Each reader takes the folder that the owner's archive unpacks into and gives `Split`s: rows of one query (for counting,
of many) with train and test. Where the published code brings a split file (`{"train_id": [...], "test_id": [...]}`, of
file names without their ending), `chosen` takes its rows in place of the owner's.
"""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

AGE, DECADE, QUALITY, BEAUTY = "age of the person", "decade of the photograph", "image quality", "aesthetic quality"
AGES = ("(0, 2)", "(4, 6)", "(8, 12)", "(15, 20)", "(25, 32)", "(38, 43)", "(48, 53)", "(60, 100)")
ADIENCE_FACES = (("aligned", "landmark_aligned_face"), ("faces", "coarse_tilt_aligned_face"))
MISPRINTED = {"(25, 23)": "(25, 32)"}  # 72 faces; the owners' own scripts say so
DECADES = ("1930s", "1940s", "1950s", "1960s", "1970s")
HCI_TEST, HCI_SPLITS, HCI_TRAINED = 50, 10, 210  # of each decade's 265 pictures, as in the paper of the data set
PICTURES = (".jpg", ".jpeg", ".png")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a labels file."""

    image: str
    query: str
    value: float
    split: str
    group: str = ""


@dataclass(frozen=True, slots=True)
class Split:
    """One way of dividing a data set."""

    name: str
    rows: tuple[Row, ...]


def adience(folder: Path, every_age: bool = False) -> Iterator[Split]:
    """Five folds: fold_0_data.txt to fold_4_data.txt beside `aligned/` (or `faces/`), each fold tested once.

    A person's pictures stay in one fold. As in the owners' own lists, faces whose age is told as a number or as a range
    of other years are left out; with `every_age` each counts as the class nearest to it, as in the published code.
    """
    folds = [list(_adience_fold(folder, number, every_age)) for number in range(5)]
    for held in range(5):
        rows = [
            replace(row, split="test" if number == held else "train")
            for number, fold in enumerate(folds)
            for row in fold
        ]
        yield Split(f"fold {held + 1}", tuple(rows))


def _adience_fold(folder: Path, number: int, every_age: bool) -> Iterator[Row]:
    faces = [(_find_folder(folder, kind), begin) for kind, begin in ADIENCE_FACES]
    with _find(folder, f"fold_{number}_data.txt").open(encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file, delimiter="\t"):
            age = MISPRINTED.get(line["age"].strip(), line["age"].strip())
            known = AGES.index(age) if age in AGES else _nearest_class(age) if every_age else None
            image = _adience_face(faces, line)
            if known is not None and image is not None:
                yield Row(str(image), AGE, known, "", line["user_id"])


def _nearest_class(age: str) -> int | None:
    """Of a number or the middle of a range, the younger one where two are as near; None for no age."""
    years = [int(digits) for digits in re.findall(r"\d+", age)]
    if not years:
        return None
    middle = sum(years) / len(years)
    ranges = [[int(digits) for digits in re.findall(r"\d+", known)] for known in AGES]
    return min(range(len(AGES)), key=lambda n: max(ranges[n][0] - middle, middle - ranges[n][1], 0))


def _adience_face(faces: Sequence[tuple[Path, str]], line: dict[str, str]) -> Path | None:
    name = f"{line['face_id']}.{line['original_image']}"
    paths = (folder / line["user_id"] / f"{begin}.{name}" for folder, begin in faces)
    return next((path for path in paths if path.is_file()), None)


def hci(folder: Path, seed: int = 0) -> Iterator[Split]:
    """Ten random splits of 210 and 50 pictures a decade: a folder a decade, 1930s to 1970s, wherever it lies."""
    decades = {name: _pictures(_find_folder(folder, name)) for name in DECADES}
    for number in range(HCI_SPLITS):
        rng = np.random.default_rng((seed, number))
        rows: list[Row] = []
        for value, paths in enumerate(decades.values()):
            shuffled = [paths[n] for n in rng.permutation(len(paths))]
            test = min(HCI_TEST, len(paths) // 5)
            rows += [Row(str(path), DECADE, value, "test") for path in shuffled[:test]]
            rows += [Row(str(path), DECADE, value, "train") for path in shuffled[test : test + HCI_TRAINED]]
        yield Split(f"split {number + 1}", tuple(rows))


def koniq(folder: Path) -> Iterator[Split]:
    """The owner's split: koniq10k_distributions_sets.csv (image_name, MOS, set) beside 512x384/ or 1024x768/.

    Its MOS runs from 1 to 100; koniq10k_scores_and_distributions.csv has another, from 1 to 5, and no split.
    """
    sets = {"training": "train", "validation": "val", "test": "test"}
    images = _first_folder(folder, "1024x768", "512x384")
    table = _find(folder, "koniq10k_distributions_sets.csv", "github.com/subpic/koniq has it in metadata/")
    with table.open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    rows = (Row(str(images / line["image_name"]), QUALITY, float(line["MOS"]), sets[line["set"]]) for line in lines)
    yield Split("the owner's split", _that_exist(rows))


def ava(folder: Path, tested: Path | None = None) -> Iterator[Split]:
    """AVA.txt (number, picture, ten counts of votes, two tags, challenge) beside images/; a value is a mean vote.

    `tested` lists the pictures of the test split, one a line: the owner's generic_test.jpgl where none is given.
    """
    votes = np.arange(1, 11)
    test = set((tested or _find(folder, "generic_test.jpgl")).read_text("utf-8").split())
    images = _first_folder(folder, "images", "image")

    def read() -> Iterator[Row]:
        for line in _find(folder, "AVA.txt").read_text("utf-8").splitlines():
            _, picture, *numbers = line.split()
            counts = np.array(numbers[:10], float)
            mean = float(counts @ votes / counts.sum())
            yield Row(str(images / f"{picture}.jpg"), BEAUTY, mean, "test" if picture in test else "train")

    yield Split("the owner's split", _that_exist(read()))


def coco_rem(folder: Path, fewest: int = 4) -> Iterator[Split]:
    """Counts of objects: instances_trainrem.json and instances_valrem.json (as COCO's), and train2017/ and val2017/,
    wherever they lie below the folder; a crowd is no object.

    One query a kind of thing, "number of horse"; a picture has a value for each kind that it shows.
    """
    rows = [
        *_coco_counts(folder, "instances_trainrem.json", "train2017", "train"),
        *_coco_counts(folder, "instances_valrem.json", "val2017", "test"),
    ]
    per_query = Counter((row.query, row.split) for row in rows)
    kept = (row for row in rows if min(per_query[row.query, split] for split in ("train", "test")) >= fewest)
    yield Split("the owner's split", _that_exist(kept))


def counting_table(table: Path, split: str = "test") -> tuple[Row, ...]:
    """The published code's own table of counts: filepath, title, cname, value."""
    with table.open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file, delimiter="\t"))
    return tuple(Row(line["filepath"], f"number of {line['cname']}", float(line["value"]), split) for line in lines)


def _coco_counts(folder: Path, name: str, images: str, split: str) -> Iterator[Row]:
    whole = json.loads(_find(folder, name).read_text("utf-8"))
    kinds = {kind["id"]: kind["name"] for kind in whole["categories"]}
    files = {image["id"]: image["file_name"] for image in whole["images"]}
    shown = _find_folder(folder, images)
    counts = Counter((one["image_id"], one["category_id"]) for one in whole["annotations"] if not one.get("iscrowd"))
    for (image, kind), count in sorted(counts.items()):
        yield Row(str(shown / files[image]), f"number of {kinds[kind]}", count, split)


def chosen(split: Split, file: Path) -> Split:
    """The same rows, divided as a split file of the published code says; what it does not name is left out."""
    ids = json.loads(file.read_text("utf-8"))
    where = {str(name): part for part in ("train", "test") for name in ids[f"{part}_id"]}
    rows = (replace(row, split=where[stem]) for row in split.rows if (stem := Path(row.image).stem) in where)
    return replace(split, name=f"as in {file.name}", rows=tuple(rows))


def write_labels(rows: Iterable[Row], path: Path) -> None:
    """A labels.csv of imgrank."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(("image", "query", "value", "split", "group"))
        table.writerows((row.image, row.query, f"{row.value:g}", row.split, row.group) for row in rows)


def _that_exist(rows: Iterable[Row]) -> tuple[Row, ...]:
    """Owners' lists name a few pictures that their archives lack."""
    return tuple(row for row in rows if Path(row.image).is_file())


def _find(folder: Path, name: str, hint: str = "is it the folder that the owner's archive unpacks into?") -> Path:
    found = sorted(folder.rglob(name))
    if not found:
        raise SystemExit(f"{folder} holds no {name}: {hint}")
    return found[0]


def _find_folder(folder: Path, name: str) -> Path:
    return next((path for path in [folder / name, *sorted(folder.rglob(name))] if path.is_dir()), folder / name)


def _first_folder(folder: Path, *names: str) -> Path:
    """The first of these that is there, else the folder itself."""
    return next((path for name in names if (path := _find_folder(folder, name)).is_dir()), folder)


def _pictures(folder: Path) -> Sequence[Path]:
    found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in PICTURES)
    if not found:
        raise SystemExit(f"{folder} holds no pictures; HCI has one folder for each decade, {', '.join(DECADES)}.")
    return found
