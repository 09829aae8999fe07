"""The paper's data sets in miniature, in the formats of their owners: read, trained on with random weights, told."""

import csv
import json
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

RECIPE = Path(__file__).parents[2] / "recipes" / "paper"


@pytest.fixture(scope="module")
def recipe():
    sys.path.insert(0, str(RECIPE))
    try:
        import readers
        import reproduce

        yield readers, reproduce
    finally:
        sys.path.remove(str(RECIPE))


def picture(path, seed):
    path.parent.mkdir(parents=True, exist_ok=True)
    shade = np.random.default_rng(seed).integers(0, 256, (4, 4, 3), np.uint8)
    Image.fromarray(shade).resize((32, 32)).save(path, "JPEG")


def make_adience(folder, people=10):
    """Two persons a fold with two faces each; one person has no age, three an odd one, one picture is missing."""
    head = ["user_id", "original_image", "face_id", "age", "gender", "x", "y", "dx", "dy", "tilt_ang"]
    head += ["fiducial_yaw_angle", "fiducial_score"]
    ages = ["(0, 2)", "(25, 23)", "None", "35", "(60, 100)", "(8, 12)", "(4, 6)", "(15, 20)", "(38, 42)", "(48, 53)"]
    for fold in range(5):
        lines = ["\t".join(head)]
        for person in (2 * fold, 2 * fold + 1):
            for face in range(2):
                cells = [f"{person}258@N03", f"103{person}_{face}c20df9_o.jpg", str(face), ages[person], "f", *"0" * 7]
                lines.append("\t".join(cells))
                if (person, face) != (0, 1):
                    picture(folder / "aligned" / cells[0] / f"landmark_aligned_face.{face}.{cells[1]}", person)
        (folder / f"fold_{fold}_data.txt").write_bytes("\r\n".join([*lines, ""]).encode())


def make_hci(folder):
    for value, decade in enumerate(("1930s", "1940s", "1950s", "1960s", "1970s")):
        for n in range(10):
            picture(folder / "data" / "imgs" / "decade_database" / decade / f"decade_{value}{n}.jpg", 10 * value + n)


def make_koniq(folder, count=30):
    rows = [["image_name", "c1", "c2", "c3", "c4", "c5", "c_total", "MOS", "SD", "set"]]
    for n in range(count):
        part = "test" if n % 5 == 0 else "validation" if n % 5 == 1 else "training"
        rows.append([f"{n}.jpg", *"00000", "105", f"{n + 0.5}", "0.527277894494", part])
        picture(folder / "512x384" / f"{n}.jpg", n)
    with (folder / "koniq10k_distributions_sets.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)


def make_ava(folder, count=20):
    lines = []
    for n in range(count):
        votes = np.zeros(10, int)
        votes[n % 10] = 4
        lines.append(" ".join(map(str, (n + 1, 1000 + n, *votes, 1, 22, 1396))))
        if n != 3:  # the owner's list names pictures that are gone
            picture(folder / "images" / f"{1000 + n}.jpg", n)
    (folder / "AVA.txt").write_text("\n".join(lines))
    lists = folder / "AVA_dataset" / "aesthetics_image_lists"
    lists.mkdir(parents=True)
    (lists / "generic_test.jpgl").write_text("".join(f" {1000 + n}\n" for n in range(0, count, 4)))


def make_coco(folder):
    kinds = [{"id": 1, "name": "horse"}, {"id": 7, "name": "apple"}, {"id": 9, "name": "rare"}]
    for name, images, count in (("trainrem", "train2017", 16), ("valrem", "val2017", 8)):
        shown = [{"id": n, "file_name": f"{n:012}.jpg"} for n in range(count)]
        boxes = [
            {"image_id": n, "category_id": 1 if n % 2 else 7, "iscrowd": 0}
            for n in range(count)
            for _ in range(1 + n % 3)
        ]
        boxes += [{"image_id": 0, "category_id": 9, "iscrowd": 0}, {"image_id": 1, "category_id": 1, "iscrowd": 1}]
        whole = {"images": shown, "annotations": boxes, "categories": kinds}
        (folder / "coco_rem").mkdir(parents=True, exist_ok=True)
        (folder / "coco_rem" / f"instances_{name}.json").write_text(json.dumps(whole))
        for n in range(count):
            picture(folder / "coco" / images / f"{n:012}.jpg", n)


MAKE = {"adience": make_adience, "hci": make_hci, "koniq": make_koniq, "ava": make_ava, "coco": make_coco}


@pytest.fixture
def folder(tmp_path, home):
    return tmp_path / "data"


def made(name, folder):
    folder.mkdir()
    MAKE[name](folder)
    return folder


def test_adience_has_five_folds_that_no_person_straddles(folder, recipe):
    splits = list(recipe[0].adience(made("adience", folder)))
    assert [split.name for split in splits] == [f"fold {n}" for n in range(1, 6)]
    for split in splits:
        parts = {part: {row.group for row in split.rows if row.split == part} for part in ("train", "test")}
        assert not parts["train"] & parts["test"]
        assert all(Path(row.image).is_file() for row in split.rows)
    values = {row.group: row.value for row in splits[0].rows}
    assert values == {f"{n}258@N03": value for n, value in {0: 0, 1: 4, 4: 7, 5: 2, 6: 1, 7: 3, 9: 6}.items()}
    assert len([row for row in splits[0].rows if row.group == "0258@N03"]) == 1


@pytest.mark.parametrize(
    ("age", "value"),
    [("2", 0), ("3", 0), ("13", 2), ("22", 3), ("23", 4), ("29", 4), ("32", 4), ("34", 4), ("35", 4), ("36", 5),
     ("42", 5), ("45", 5), ("46", 6), ("55", 6), ("56", 6), ("57", 7), ("58", 7), ("(27, 32)", 4), ("(38, 42)", 5),
     ("(38, 48)", 5), ("None", None), ("", None)],
)  # fmt: skip
def test_an_odd_age_is_the_class_nearest_to_it(age, value, recipe):
    """All that the owners' files have, but one face of (8, 23)."""
    assert recipe[0]._nearest_class(age) == value


def test_a_published_split_of_adience_names_faces_of_odd_ages(folder, recipe, tmp_path):
    file = tmp_path / "Adience-split.json"
    faces = [f"landmark_aligned_face.1.103{n}_1c20df9_o" for n in range(10)]
    file.write_text(json.dumps({"train_id": faces[:4], "test_id": faces[4:]}))
    whole = next(recipe[1].TASKS["adience"].whole(made("adience", folder)))
    split = recipe[0].chosen(whole, file)
    assert {row.group[0]: row.value for row in split.rows} == dict(
        zip("13456789", (4, 4, 7, 2, 1, 3, 5, 6), strict=True)
    )
    assert sum(row.split == "train" for row in split.rows) == 2


def test_hci_has_ten_splits_of_five_decades(folder, recipe):
    splits = list(recipe[0].hci(made("hci", folder)))
    assert len(splits) == 10
    for split in splits:
        tested = [row.value for row in split.rows if row.split == "test"]
        assert sorted(tested) == sorted([*range(5), *range(5)])
        assert len({row.image for row in split.rows}) == len(split.rows)
    assert {row.image for row in splits[0].rows if row.split == "test"} != {
        row.image for row in splits[1].rows if row.split == "test"
    }
    assert splits == list(recipe[0].hci(folder))


def test_koniq_keeps_the_owners_split(folder, recipe):
    (split,) = recipe[0].koniq(made("koniq", folder))
    assert {row.split for row in split.rows} == {"train", "val", "test"}
    assert split.rows[3].value == 3.5


def test_ava_gives_mean_votes_of_pictures_that_are_there(folder, recipe):
    (split,) = recipe[0].ava(made("ava", folder))
    assert len(split.rows) == 19
    assert [row.value for row in split.rows[:3]] == [1, 2, 3]
    assert sum(row.split == "test" for row in split.rows) == 5


def test_coco_rem_counts_each_kind_that_a_picture_shows(folder, recipe):
    (split,) = recipe[0].coco_rem(made("coco", folder))
    assert {row.query for row in split.rows} == {"number of horse", "number of apple"}
    assert {row.value for row in split.rows} == {1, 2, 3}
    first = next(row for row in split.rows if row.image.endswith("train2017/000000000001.jpg"))
    assert first.value == 2  # a crowd is no object


def test_a_split_file_of_the_published_code_is_taken(folder, recipe, tmp_path):
    (split,) = recipe[0].koniq(made("koniq", folder))
    file = tmp_path / "koniqa-split.json"
    file.write_text(json.dumps({"train_id": ["1", "2", "3"], "test_id": ["4", "5"]}))
    chosen = recipe[0].chosen(split, file)
    assert [(Path(row.image).stem, row.split) for row in chosen.rows] == [
        ("1", "train"), ("2", "train"), ("3", "train"), ("4", "test"), ("5", "test")
    ]  # fmt: skip


def test_the_published_table_of_counts_is_read(recipe, tmp_path):
    table = tmp_path / "count.csv"
    table.write_text("filepath\ttitle\tcname\tvalue\tsample_weights_by_class\na.jpg\tRank\thorse\t3\t0.1\n")
    assert recipe[0].counting_table(table)[0] == recipe[0].Row("a.jpg", "number of horse", 3, "test")


@pytest.mark.parametrize(("task", "arguments"), [("koniq", []), ("hci", ["--splits", "2"]), ("coco", [])])
def test_a_table_stands_beside_the_papers(task, arguments, folder, recipe, tmp_path, capsys, monkeypatch, tiny):
    from imgrank.adapter.config import AdapterConfig

    small = {"width": 16, "heads": 2, "prompts": 2, "relations": 2, "densities": 2, "pair_hidden": 8}
    monkeypatch.setattr(
        AdapterConfig,
        "paper",
        staticmethod(lambda shape, text: AdapterConfig(shape.tokens, shape.width, 0, text, **small)),
    )
    recipe[1].main(
        [task, str(made(task, folder)), "--backbone", tiny, "--epochs", "1", "--out", str(tmp_path / "out"), *arguments]
    )
    table = capsys.readouterr().out.splitlines()[-6:]
    assert table[2].startswith("| the paper | 0.")
    ours = [line.split("|")[1:-1] for line in table[3:]]
    assert [cells[0].strip() for cells in ours] == ["imgrank, adapter", "imgrank, ridge", "imgrank, zero-shot"]
    assert all(cell.strip() for cells in ours[:2] for cell in cells)
    assert ("±" in table[3]) == (task == "hci")
    assert list((tmp_path / "out" / task).glob("*.safetensors"))


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """A tiny ViT of 6 x 6 patches with random weights."""
    import torch
    from safetensors.torch import save_file

    from imgrank.backbone.towers import quiet_and_safe

    folder = tmp_path_factory.mktemp("tiny")
    config = {
        "embed_dim": 24,
        "vision_cfg": {"image_size": 24, "patch_size": 4, "layers": 1, "width": 32, "head_width": 16},
        "text_cfg": {"context_length": 16, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 1},
    }
    (folder / "family-paper.json").write_text(json.dumps(config))
    with quiet_and_safe():
        import open_clip

        open_clip.add_model_config(folder / "family-paper.json")
        torch.manual_seed(0)
        model = open_clip.create_model("family-paper")
    save_file({key: tensor.contiguous() for key, tensor in model.state_dict().items()}, folder / "w.safetensors")
    return f"family-paper@{folder / 'w.safetensors'}"
