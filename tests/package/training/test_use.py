"""From a folder of photographs to an answer about a new one, also where the package is not installed."""

import ast
import csv
import io
import json
import subprocess
import sys
import textwrap
import zipfile

import numpy as np
import pytest
from PIL import Image

from cnn_course import training
from cnn_course.training import __main__ as command
from cnn_course.training import export, folder, networks
from cnn_course.training.settings import Refusal, Settings
from test_command import TINY, train
from test_folder import picture

# isort: split
import keras

FRESH = """
import sys
class Refuse:
    def find_spec(self, name, *_):
        if name.startswith("cnn_course"):
            raise ImportError(name)
sys.meta_path.insert(0, Refuse())
"""


def striped(path, kind, seed):
    """Write a noisy picture of upright, level or no stripes."""
    random = np.random.default_rng(seed)
    height, width = random.integers(60, 120, 2)
    rows, columns = np.mgrid[:height, :width] + random.uniform(0, 9)
    stripes = {"upright": np.sin(columns / 2), "level": np.sin(rows / 2), "plain": 0 * rows}[kind]
    pixels = random.uniform(90, 160, 3) + 60 * stripes[..., None] + random.normal(0, 5, (height, width, 3))
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(path)
    return path


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A new user's run: 200 photographs in three classes, three epochs of the default network, narrow and small."""
    tmp_path = tmp_path_factory.mktemp("user")
    for i in range(200):
        kind = ("upright", "level", "plain")[i % 3]
        striped(tmp_path / "photographs" / kind / f"{i}.{('jpg', 'png')[i % 2]}", kind, seed=i)
    flags = ["--data", tmp_path / "photographs", "--epochs", 3, "--image-size", 67, "--width", 0.05]
    assert train(tmp_path / "runs" / "first", *flags, "--batch-size", 8) == 0
    return tmp_path / "runs" / "first"


def ask(capsys, *arguments):
    capsys.readouterr()
    code = command.main(["predict", *map(str, arguments)])
    return code, capsys.readouterr()


def test_a_new_user_gets_the_same_answer_everywhere(run, tmp_path, capsys):
    """In the command, and by the lines of the help in a fresh Python that has Keras but not this package."""
    new = striped(tmp_path / "new.jpg", "level", seed=1000)
    code, printed = ask(capsys, run, new, "--format", "json")
    (answer,) = json.loads(printed.out)
    assert code == 0 and answer["file"] == str(new) and sum(answer["probabilities"].values()) == pytest.approx(1)
    assert answer["class"] == max(answer["probabilities"], key=answer["probabilities"].get)
    lines = command.parser().format_help().partition("scales by itself:\n")[2].partition("\n\n")[0]
    lines = textwrap.dedent(lines).replace("FOLDER", str(run)).replace("new.jpg", str(new))
    done = subprocess.run([sys.executable, "-c", FRESH + lines], capture_output=True, text=True, cwd=tmp_path)
    said = ast.literal_eval(done.stdout[done.stdout.rindex("{") :])
    assert said.keys() == answer["probabilities"].keys() == {"upright", "level", "plain"}
    assert said == pytest.approx(answer["probabilities"], abs=1e-5), done.stderr


def test_answers_are_those_of_the_network_that_was_trained(run, tmp_path):
    files = [striped(tmp_path / f"{i}.png", "upright", seed=i) for i in range(3)]
    said = training.predict(run, files)
    images = folder.loader(67)(files)
    trained = keras.saving.load_model(run / "checkpoint.keras")
    assert said.class_names == ("level", "plain", "upright") and said.files == tuple(files)
    np.testing.assert_allclose(said.probabilities, trained(images, training=False), atol=1e-5)


def test_text_csv_and_json_say_the_same(run, tmp_path, capsys):
    photos = [striped(tmp_path / "in" / f"{i}.png", "plain", seed=i) for i in range(2)]
    striped(tmp_path / "in" / ".hidden" / "a.png", "plain", seed=5)
    said = {kind: ask(capsys, run, tmp_path / "in", "--format", kind)[1].out for kind in ("text", "csv", "json")}
    rows = list(csv.DictReader(io.StringIO(said["csv"])))
    objects = json.loads(said["json"])
    assert [row["file"] for row in rows] == [answer["file"] for answer in objects] == [*map(str, photos)]
    for line, row, answer in zip(said["text"].splitlines(), rows, objects, strict=True):
        assert {name: float(row[name]) for name in answer["probabilities"]} == answer["probabilities"]
        best = answer["probabilities"][row["class"]]
        assert row["class"] == answer["class"] and line.startswith(f"{row['file']}: {row['class']} {best:.1%}, ")


def test_what_cannot_be_read_is_named_and_the_rest_is_answered(run, tmp_path, capsys):
    good, bad = striped(tmp_path / "a.png", "plain", seed=0), tmp_path / "b.txt"
    bad.write_text("no image")
    code, printed = ask(capsys, run, bad, good, tmp_path / "nowhere.jpg")
    assert code == 1 and printed.out.startswith(f"{good}: ") and len(printed.out.splitlines()) == 1
    assert (
        f"Skipped {bad}: is no image of a kind that is read" in printed.err and "nowhere.jpg: cannot be" in printed.err
    )


def test_a_run_that_is_of_no_use_is_refused(run, tmp_path, capsys):
    code, printed = ask(capsys, tmp_path, "a.png")
    assert code == 2 and "holds no model.keras: it is no run folder, or the run in it has not ended." in printed.err
    for name, content in (("model.keras", b"PK"), ("settings.json", b"{")):
        for file in ("model.keras", "settings.json"):
            (tmp_path / file).write_bytes((run / file).read_bytes())
        (tmp_path / name).write_bytes(content)
        code, printed = ask(capsys, tmp_path, "a.png")
        assert code == 2 and f"{tmp_path / name} is damaged" in printed.err and not printed.out
    with pytest.raises(TypeError, match="`photos` must be a list of names. Received: photos='a.png'."):
        training.predict(run, "a.png")


def test_photographs_are_prepared_as_for_the_training(tmp_path, capsys):
    """The camera's turn, the color under what is transparent: as the run was told."""
    data = tmp_path / "data"
    for name in ("a", "b"):
        for i in range(6):
            picture(data / name / f"{i}.png", seed=i)
    assert train(tmp_path / "run", *TINY, "--epochs", 1, "--data", data, "--background", "black") == 0
    clear, black = tmp_path / "clear.png", tmp_path / "black.png"
    Image.new("RGBA", (30, 30), (200, 200, 200, 0)).save(clear)
    Image.new("RGB", (30, 30)).save(black)
    said = training.predict(tmp_path / "run", [clear, black]).probabilities
    np.testing.assert_array_equal(*said)


def settings(**options):
    return Settings(**{"augmentation": "all", "width": 0.05} | options)


SAMPLE = np.random.default_rng(0).random((4, 75, 75, 3), dtype=np.float32)
FAST = [("alexnet", 3), ("resnet18", 3), ("all_convolutional", 1), ("VGG16", 1)]
SLOW = [("averaging_cnn", 3), ("nin", 3), ("googlenet", 3), ("vgg11", 1), ("densenet121", 3), ("MobileNetV3Small", 3)]
SLOW += [("EfficientNetB0", 3), ("EfficientNetV2B0", 3), ("ConvNeXtTiny", 3), ("InceptionV3", 3)]


@pytest.mark.parametrize(("name", "channels"), [*FAST, *(pytest.param(*case, marks=pytest.mark.slow) for case in SLOW)])
def test_every_network_is_exported_with_its_numbers(tmp_path, name, channels):
    """From raw pixels the file computes what the network computes from prepared ones; also after float16."""
    keras.utils.set_random_seed(0)
    sample = SAMPLE[..., :channels]
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16" if name in ("alexnet", "resnet18") else "float32")
    try:
        model = networks.build(settings(model=name), sample, classes=3)
    finally:
        keras.config.set_dtype_policy(policy)
    export.write(model, ["a", "b", "c"], tmp_path / "model.keras")
    config = zipfile.ZipFile(tmp_path / "model.keras").read("config.json").decode()
    assert "cnn_course" not in config and "Random" not in config and "float16" not in config
    loaded, class_names = export.read(tmp_path / "model.keras")
    assert class_names == ["a", "b", "c"]
    raw = np.random.default_rng(1).integers(0, 256, (1, 80, 134, channels), dtype=np.uint8)
    ready = keras.preprocessing.image.smart_resize(raw[0], (75, 75))[None] / 255
    tolerance = 2e-3 if name in ("alexnet", "resnet18") else 1e-5
    np.testing.assert_allclose(loaded(raw), model(ready, training=False), atol=tolerance)


def test_a_network_that_keras_does_not_know_is_named():
    with pytest.raises(Refusal, match="must be one of keras.applications. Received: MobileNet2. Near: MobileNetV2"):
        networks.build(settings(model="MobileNet2"), SAMPLE, classes=3)
    with pytest.raises(Refusal, match="VGG16 cannot be built for images of .*, see --image-size: "):
        networks.build(settings(model="VGG16"), SAMPLE[:, :20, :20], classes=3)


OWN = {"ResNet50": "resnet", "ResNet50V2": "resnet_v2", "MobileNetV3Small": "mobilenet_v3", "VGG19": "vgg19"}
OWN |= {"EfficientNetV2S": "efficientnet_v2", "NASNetLarge": "nasnet", "DenseNet201": "densenet"}


def test_every_application_has_what_prepares_its_images():
    found = {name: networks._found(name) for name in dir(keras.applications) if name[0].isupper()}
    assert len(found) > 30 and all(make is getattr(keras.applications, name) for name, (make, _) in found.items())
    assert all(preprocess.__name__ == "preprocess_input" for _, preprocess in found.values())
    for name, module in OWN.items():
        assert found[name][1] is getattr(keras.applications, module).preprocess_input


def test_an_application_gets_what_its_own_function_prepares():
    model = networks.build(settings(model="VGG16", augmentation="none"), SAMPLE, classes=3)
    *_, body, _, head = (network := model.layers[-1]).layers
    assert body.name == "vgg16" and isinstance(network, keras.Model)
    features = body(keras.applications.vgg16.preprocess_input(SAMPLE * 255))
    np.testing.assert_allclose(model(SAMPLE, training=False), head(features), atol=1e-5)
