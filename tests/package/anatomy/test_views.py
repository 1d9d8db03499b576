"""What of a description is shown, and how: columns, order, units, depth, width, memory, the command."""

import csv
import io
import itertools
import json
import math

import keras
import numpy as np
import pytest
from keras import layers

import cnn_course.quiet  # noqa: F401  (before Keras)
from cnn_course.anatomy import UNKNOWN, __main__, describe, tables


def net():
    stack = [
        keras.Input((20, 14, 3), name="image"),
        layers.Conv2D(4, 3, name="first"),
        layers.MaxPooling2D(name="pool"),
        layers.Conv2D(6, (3, 1), name="second"),
        layers.GlobalAveragePooling2D(name="mean"),
        layers.Dense(5, name="head"),
    ]
    return keras.Sequential(stack, name="net")


FIRST, SECOND, HEAD = 18 * 12 * 27 * 4, 7 * 6 * 12 * 6, 6 * 5


def test_columns_shares_and_order():
    lines = describe(net()).to_text(100, ["name", "flops", "macs_share", "parameters_share"], sort="macs").splitlines()
    total = FIRST + SECOND + HEAD
    assert lines[2].split() == ["layer", "FLOPs", "MACs", "parameters"]
    assert lines[3].split() == ["2", "×", "MACs", "%", "%"]
    shares = [f"{100 * one / total:.1f}" for one in (FIRST, SECOND, HEAD)]
    assert [line.split()[:3] for line in lines[5:8]] == [
        [name, f"{2 * macs:,}", share]
        for name, macs, share in zip(("first", "second", "head"), (FIRST, SECOND, HEAD), shares, strict=True)
    ]
    assert next(line.split() for line in lines if line.startswith("total"))[1:] == [f"{2 * total:,}", "100.0", "100.0"]
    weights = [112, 78, 35]
    found = [row["parameters_share"] for row in describe(net()).to_records(["parameters_share"], sort="parameters")]
    assert found[:3] == pytest.approx([100 * one / sum(weights) for one in weights])
    names = [row["name"] for row in describe(net()).to_records(["name"], sort="name")]
    assert names == sorted(names)


def test_what_is_unknown_has_no_share_and_comes_last():
    image = keras.Input((None, 14, 3))
    description = describe(keras.Model(image, layers.Conv2D(4, 3, name="first")(image)))
    records = description.to_records(["name", "macs", "macs_share", "flops"], sort="macs")
    assert records[-1] == {"name": "first", "macs": UNKNOWN, "macs_share": UNKNOWN, "flops": UNKNOWN}
    assert description.to_records(["macs"], unknown=None)[-1] == {"macs": None}
    assert "at least 0" in description.to_text(None, ["name", "flops"])


def test_units():
    assert [tables.short(one) for one in (0, 999, 999.6, 1000, 12_345, 999_500, 123_456_789)] == [
        *("0", "999", "1K", "1K", "12.3K", "1M", "123M")
    ]
    line = next(line for line in describe(net()).to_text(None, units=True).splitlines() if line.startswith("first"))
    assert "23.3K" in line and f"{FIRST:,}" == "23,328"


@pytest.mark.parametrize("width", [60, 72, 80, 100])
def test_a_narrow_table_leaves_columns_out_and_says_so(width):
    vgg = keras.applications.VGG16(weights=None, include_top=False, input_shape=(224, 224, 3))
    lines = describe(vgg).to_text(width).splitlines()
    assert max(map(len, lines)) <= width
    left_out = [tables.COLUMNS[name].header for name in tables.DEFAULT if tables.COLUMNS[name].header not in lines[2]]
    said = " ".join(lines).partition(f"Left out to fit {width} characters: ")[2].partition(".")[0]
    assert said.split(", ") == left_out and "MACs" not in left_out
    assert "Left out" not in describe(vgg).to_text(120)


def test_a_terminal_has_its_own_width(monkeypatch):
    description = describe(net())
    assert str(description) == description.to_text(120)

    class Terminal(io.StringIO):
        encoding = "utf-8"

        def isatty(self):
            return True

        def fileno(self):
            return 1

    monkeypatch.setattr("os.get_terminal_size", lambda _: (70, 24) and type("Size", (), {"columns": 70}))
    monkeypatch.setattr("sys.stdout", Terminal())
    assert str(description) == description.to_text(70)


def test_markdown():
    dense = keras.Sequential([keras.Input((3,)), layers.Dense(2, name="a|b")], name="small")
    lines = describe(dense).to_markdown(["name", "output_shape", "macs"]).splitlines()
    assert lines[:5] == ['Model "small" (Sequential)', "", "| layer | output | MACs |", "| :-- | :-- | --: |", lines[4]]
    assert lines[5] == "| a\\|b | 2 | 6 |" and lines[6] == "| total |  | 6 |"


@pytest.mark.parametrize(
    "options", [{"columns": "macs"}, {"columns": []}, {"columns": ["mac"]}, {"sort": "note"}, {"sort": "size"}]
)
def test_columns_that_are_none_are_refused(options):
    for show in (describe(net()).to_text, describe(net()).to_markdown, describe(net()).to_records):
        (name,) = options
        with pytest.raises(ValueError, match=rf"`{name}` must be .* Received: {name}="):
            show(**options)


def test_depth():
    inner = keras.Sequential([keras.Input((None, None, 3)), layers.Conv2D(3, 3, name="conv")], name="inner")
    body = keras.Sequential([keras.Input((None, None, 3)), inner, layers.MaxPooling2D(name="pool")], name="body")
    image = keras.Input((20, 14, 3), name="image")
    model = keras.Model(image, layers.Dense(2, name="head")(body(body(image))))
    every = describe(model)
    assert describe(model, depth=9) == every
    rows = describe(model, depth=1).rows
    assert [row.name for row in rows] == ["image", "body", "body", "head"]
    assert [row.kind for row in rows] == ["InputLayer", "2 layers", "2 layers", "Dense"]
    assert [row.output_shape for row in rows[1:3]] == [(9, 6, 3), (3, 2, 3)]
    assert [row.macs for row in rows[1:3]] == [18 * 12 * 81, 7 * 4 * 81]
    assert [row.parameters for row in rows] == [0, 84, 0, 8]
    assert [row.receptive_field for row in rows] == [1, 4, 10, 10] and [row.jump for row in rows] == [1, 2, 4, 4]
    assert describe(model, depth=1).totals == every.totals
    assert [row.name for row in describe(model, depth=2).rows][1:3] == ["body/inner", "body/pool"]
    with pytest.raises(ValueError, match="`depth` must be at least 1"):
        describe(model, depth=0)


def test_memory_of_a_chain():
    memory = describe(net()).memory(batch_size=7, slots=1)
    maps = [20 * 14 * 3, 18 * 12 * 4, 9 * 6 * 4, 7 * 6 * 6, 6, 5]
    peak = max(sum(pair) for pair in itertools.pairwise(maps))
    weights = 112 + 78 + 35
    assert memory.parameters == 4 * weights and memory.inference == 4 * (weights + 7 * peak)
    assert memory.training == 4 * (3 * weights + 7 * sum(maps) + 7 * peak) and not memory.at_least


def test_memory_of_what_waits():
    image = keras.Input((8, 8, 2))
    long = layers.Conv2D(1, 3, padding="same")(layers.Conv2D(5, 3, padding="same")(image))
    model = keras.Model(image, layers.Add()([image, layers.Conv2D(2, 1)(long)]))
    assert describe(model).peak_bytes == 4 * 64 * (2 + 5 + 1)  # the image is needed until the end
    model.trainable = False
    memory = describe(model).memory()
    assert memory.training == memory.parameters + describe(model).totals.activation_bytes + describe(model).peak_bytes
    half = keras.Sequential([keras.Input((4,)), layers.Dense(3, dtype="float16")])
    assert describe(half).memory().parameters == 2 * 15


class Own(layers.Layer):
    def call(self, inputs):
        return inputs[:, ::-1]


def test_memory_behind_a_traced_layer_is_a_bound():
    assert describe(keras.Sequential([keras.Input((4,)), Own()])).memory().at_least


# The command


def run(capsys, *arguments):
    status = __main__.main(list(map(str, arguments)))
    captured = capsys.readouterr()
    return status, captured.out, captured.err


@pytest.fixture
def saved(tmp_path):
    net().save(tmp_path / "net.keras")
    return tmp_path / "net.keras"


def test_the_command_prints_what_describe_says(saved, capsys):
    status, printed, problems = run(capsys, saved, "--width", 80, "--batch-size", 7)
    assert (status, problems) == (0, "") and describe(net()).to_text(80) in printed
    assert "Memory for 7 images: parameters 900B, inference" in printed
    _, printed, _ = run(capsys, saved, "--json")
    found = json.loads(printed)
    assert found["totals"]["macs"] == FIRST + SECOND + HEAD and [row["name"] for row in found["rows"]][-1] == "head"
    assert found["memory"]["parameters"] == 900
    _, printed, _ = run(capsys, saved, "--csv", "--columns", "name,macs", "--sort", "macs")
    assert next(iter(csv.DictReader(io.StringIO(printed)))) == {"name": "first", "macs": str(FIRST)}
    _, printed, _ = run(capsys, saved, "--markdown", "--units")
    assert "| first | Conv2D | 18 × 12 × 4 | 112 | 23.3K |" in printed


def test_the_command_takes_a_name_and_sizes(capsys):
    status, printed, _ = run(capsys, "MobileNetV2", "--json", "--columns", "name")
    assert status == 0 and json.loads(printed)["totals"]["parameters"] == 3_538_984
    assert math.isclose(json.loads(printed)["totals"]["macs"], 3.01e8, rel_tol=0.01)  # 300 M in the paper


def test_the_command_gives_sizes_left_open(tmp_path, capsys):
    one, other = keras.Input((None, None, 3), name="one"), keras.Input((None, 4), name="other")
    heads = [layers.Conv2D(2, 3)(one), layers.Dense(5)(other)]
    keras.Model([one, other], heads).save(tmp_path / "two.keras")
    _, printed, _ = run(capsys, tmp_path / "two.keras", "--json", "--input-shape", "one=8,8,3", "other=6,4")
    assert json.loads(printed)["totals"]["macs"] == 36 * 9 * 3 * 2 + 6 * 4 * 5
    status, _, problems = run(capsys, tmp_path / "two.keras", "--input-shape", "8,8,3")
    assert status == 2 and problems.startswith("error: `input_shape` must fit") and problems.count("\n") == 1
    status, _, problems = run(capsys, tmp_path / "two.keras", "--input-shape", "8x8")
    assert status == 2 and "Received: 8x8." in problems


def test_the_command_says_what_to_put_right(tmp_path, capsys, saved):
    keras.Sequential([keras.Input((4,)), layers.Lambda(lambda x: x * 2)]).save(tmp_path / "code.keras")
    (tmp_path / "damaged.keras").write_bytes(saved.read_bytes()[:1000])
    np.save(tmp_path / "other.npy", np.zeros(3))
    for arguments, words in (
        (["ResNet5"], "such as ResNet50"),
        ([tmp_path / "none.keras"], "must be a file that ends in .keras and exists"),
        ([tmp_path / "other.npy"], "must be a file that ends in .keras"),
        ([tmp_path / "damaged.keras"], "cannot be loaded"),
        ([tmp_path / "code.keras"], "in Keras's safe mode: Requested the deserialization of a `Lambda`"),
        ([saved, "--columns", "mac"], "`columns` must be"),
        ([saved, "--depth", "0"], "`depth` must be at least 1"),
        ([saved, "--width", "0"], "`width` must be at least 1"),
        ([saved, "--batch-size", "0"], "`batch_size` must be at least 1"),
    ):
        status, printed, problems = run(capsys, *arguments)
        assert (status, printed) == (2, "") and problems.startswith("error: ") and words in problems, arguments
        assert problems.count("\n") == 1
