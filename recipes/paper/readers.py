"""The paper's five data sets as their owners hand them out, read into labels files.

Each reader takes the folder that the owner's archive unpacks into and gives `Split`s: rows of one query (for counting,
of many) with train and test. Where the published code brings a split file (`{"train_id": [...], "test_id": [...]}`, of
file names without their ending), `chosen` takes its rows in place of the owner's.
"""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

AGE, DECADE, QUALITY, BEAUTY = "age of the person", "decade of the photograph", "image quality", "aesthetic quality"
AGES = ("(0, 2)", "(4, 6)", "(8, 13)", "(15, 20)", "(25, 32)", "(38, 43)", "(48, 53)", "(60, 100)")
# Of faces whose age was told as a number or as a range of other years: the class that it falls into.
AGE_OF = {
    "(8, 12)": 2, "(8, 23)": 3, "(27, 32)": 4, "(38, 42)": 5, "(38, 48)": 5, "2": 0, "3": 0, "13": 2, "22": 4, "23": 4,
    "29": 4, "32": 4, "34": 4, "35": 5, "36": 5, "42": 5, "45": 5, "46": 6, "55": 6, "56": 6, "57": 7, "58": 7,
}  # fmt: skip
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


def adience(folder: Path) -> Iterator[Split]:
    """Five folds: fold_0_data.txt to fold_4_data.txt beside `aligned/` (or `faces/`), each fold tested once.

    A person's pictures stay in one fold; faces without an age are left out, as everyone does.
    """
    folds = [list(_adience_fold(folder, number)) for number in range(5)]
    for held in range(5):
        rows = [
            replace(row, split="test" if number == held else "train")
            for number, fold in enumerate(folds)
            for row in fold
        ]
        yield Split(f"fold {held + 1}", tuple(rows))


def _adience_fold(folder: Path, number: int) -> Iterator[Row]:
    with (folder / f"fold_{number}_data.txt").open(encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file, delimiter="\t"):
            age = line["age"].strip()
            known = AGES.index(age) if age in AGES else AGE_OF.get(age)
            image = _adience_face(folder, line)
            if known is not None and image is not None:
                yield Row(str(image), AGE, known, "", line["user_id"])


def _adience_face(folder: Path, line: dict[str, str]) -> Path | None:
    names = (("aligned", "landmark_aligned_face"), ("faces", "coarse_tilt_aligned_face"))
    paths = (
        folder / kind / line["user_id"] / f"{begin}.{line['face_id']}.{line['original_image']}" for kind, begin in names
    )
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
    """The owner's split: koniq10k_distributions_sets.csv (image_name, MOS, set) beside 512x384/ or 1024x768/."""
    sets = {"training": "train", "validation": "val", "test": "test"}
    images = next((folder / name for name in ("1024x768", "512x384") if (folder / name).is_dir()), folder)
    with _find(folder, "koniq10k_distributions_sets.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    rows = (Row(str(images / line["image_name"]), QUALITY, float(line["MOS"]), sets[line["set"]]) for line in lines)
    yield Split("the owner's split", _that_exist(rows))


def ava(folder: Path, tested: Path | None = None) -> Iterator[Split]:
    """AVA.txt (number, picture, ten counts of votes, two tags, challenge) beside images/; a picture's value is its mean
    vote. `tested` lists the pictures of the test split, one a line, as the owner's aesthetics_image_lists do."""
    votes = np.arange(1, 11)
    test = set(tested.read_text("utf-8").split()) if tested else set()
    images = next((folder / name for name in ("images", "image") if (folder / name).is_dir()), folder)

    def read() -> Iterator[Row]:
        for line in _find(folder, "AVA.txt").read_text("utf-8").splitlines():
            _, picture, *numbers = line.split()
            counts = np.array(numbers[:10], float)
            mean = float(counts @ votes / counts.sum())
            yield Row(str(images / f"{picture}.jpg"), BEAUTY, mean, "test" if picture in test else "train")

    yield Split("the owner's split", _that_exist(read()))


def coco_rem(folder: Path, fewest: int = 4) -> Iterator[Split]:
    """Counts of objects: instances_trainrem.json and instances_valrem.json (as COCO's) beside train2017/ and val2017/.

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
    counts = Counter((one["image_id"], one["category_id"]) for one in whole["annotations"] if not one.get("iscrowd"))
    for (image, kind), count in sorted(counts.items()):
        yield Row(str(folder / images / files[image]), f"number of {kinds[kind]}", count, split)


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


def _find(folder: Path, name: str) -> Path:
    found = sorted(folder.rglob(name))
    if not found:
        raise SystemExit(f"{folder} holds no {name}: is it the folder that the owner's archive unpacks into?")
    return found[0]


def _find_folder(folder: Path, name: str) -> Path:
    return next((path for path in [folder / name, *sorted(folder.rglob(name))] if path.is_dir()), folder / name)


def _pictures(folder: Path) -> Sequence[Path]:
    found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in PICTURES)
    if not found:
        raise SystemExit(f"{folder} holds no pictures; HCI has one folder for each decade, {', '.join(DECADES)}.")
    return found
