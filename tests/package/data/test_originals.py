"""Fetching, against a server on this machine that does everything a network can do wrong; nothing else is contacted."""

import contextlib
import errno
import gzip
import hashlib
import http.server
import importlib.util
import os
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import numpy as np
import pytest
from test_formats import NAMES, assert_same_images, originals, published_files, write

from cnn_course import data
from cnn_course._files import shipped
from cnn_course.data import originals as fetching


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(self.path)
        content = self.server.files.get(self.path.rpartition("/")[-1])
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            if content is None:
                self.send_error(404)
            else:
                self.server.answer(self, content)

    def log_message(self, *_):
        pass

    def send(self, content, length=None, **headers):
        self.send_response(200)
        for name, value in ({"Content-Length": length or len(content)} | headers).items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()
        self.wfile.write(content)


def whole(handler, content):
    handler.send(content)


@pytest.fixture
def server(tmp_path, monkeypatch):
    """A server with the published files of all sets, small; the course believes that it is where they come from."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        running.daemon_threads, running.block_on_close = True, False
        running.asked, running.stop, running.answer = [], threading.Event(), whole
        running.files = {}
        running.address = f"http://127.0.0.1:{running.server_port}/data"
        for name in NAMES:
            files = published_files(name, originals(name))
            running.files |= files
            checksums = {file: f"sha256:{hashlib.sha256(content).hexdigest()}" for file, content in files.items()}
            monkeypatch.setitem(
                fetching.ORIGINALS,
                name,
                fetching.ORIGINALS[name]._replace(address=running.address, checksums=checksums),
            )
        monkeypatch.setenv("CNN_COURSE_DATA_HOME", str(tmp_path / "cache"))
        monkeypatch.delenv("CNN_COURSE_DATA_URL", raising=False)
        for proxy in ("NO_PROXY", "no_proxy"):
            monkeypatch.setenv(proxy, "127.0.0.1")
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield running
        running.stop.set()
        running.shutdown()


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache"


def files_in(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


@contextlib.contextmanager
def fails_with_help(cache, *words):
    """A `ConnectionError` that helps, and nothing more in the cache than before."""
    before = files_in(cache)
    with pytest.raises(ConnectionError) as raised:
        yield
    assert files_in(cache) == before
    message = str(raised.value)
    help_given = ("could not be fetched. Tried: http", 'data.load("digits")', 'data.load("textures")', "path=")
    for word in (*help_given, "CNN_COURSE_DATA_URL", "CNN_COURSE_DATA_HOME", str(cache), *words):
        assert word in message, message


@pytest.mark.parametrize("name", NAMES)
def test_files_are_fetched_once_and_then_kept(server, cache, name, capfd):
    files = published_files(name, originals(name))
    assert_same_images(data.load(name), originals(name))
    assert server.asked == [f"/data/{file}" for file in files]
    assert files_in(cache) == sorted(f"{name}/{file}" for file in files)
    for file, content in files.items():
        assert (cache / name / file).read_bytes() == content
        assert os.name != "posix" or (cache / name / file).stat().st_mode & 0o777 == 0o644  # a class may share it
    shown = capfd.readouterr()
    assert shown.out == "" and "100%" in shown.err and all(file in shown.err for file in files)

    assert_same_images(data.load(name), originals(name))
    assert len(server.asked) == len(files)
    assert capfd.readouterr() == ("", "")


def test_the_readme_gives_addresses_and_checksums():
    readme = (shipped("data") / "README.md").read_text(encoding="utf-8")
    for original in fetching.ORIGINALS.values():
        assert original.address in readme
        for file, checksum in original.checksums.items():
            algorithm, digest = checksum.split(":")
            assert len(digest) == {"md5": 32, "sha256": 64}[algorithm] and f"`{file}`" in readme and digest in readme


def test_addresses_and_checksum_are_those_of_keras():
    """Read as text: importing Keras would take longer than all tests of this file."""
    (package,) = importlib.util.find_spec("keras").submodule_search_locations
    for name in ("mnist", "fashion_mnist"):
        source = (Path(package) / "src" / "datasets" / f"{name}.py").read_text(encoding="utf-8")
        assert f"{fetching.ORIGINALS[name].address}/" in source
        for file, checksum in fetching.ORIGINALS[name].checksums.items():
            assert file in source and (name != "mnist" or checksum.removeprefix("sha256:") in source)


def test_without_a_server_there_is_help_at_once(server, cache, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with fails_with_help(cache, f"http://127.0.0.1:{port}/mnist.npz", "refused"):
        data.load("mnist", path=f"http://127.0.0.1:{port}")
    assert server.asked == []


def silent(handler, content):
    handler.server.stop.wait(60)


def stalling(handler, content):
    handler.send(content[: len(content) // 2], length=len(content))
    handler.server.stop.wait(60)


@pytest.mark.parametrize("answer", [silent, stalling])
def test_a_server_that_falls_silent_is_given_up(server, cache, answer, monkeypatch):
    server.answer = answer
    monkeypatch.setattr(fetching, "PATIENCE", 0.5)
    with fails_with_help(cache, "timed out"):
        data.load("mnist")


def truncated(handler, content):
    handler.send(content[:-100], length=len(content))


def truncated_without_length(handler, content):
    handler.send_response(200)
    handler.end_headers()
    handler.wfile.write(content[:-100])


def altered(handler, content):
    handler.send(content[:500] + bytes([content[500] ^ 1]) + content[501:])


def login_page(handler, content):
    handler.send(b"<html>Please log in</html>", Content_Type="text/html")


def empty(handler, content):
    handler.send(b"")


def broken(handler, content):
    handler.send_error(503)


FAULTS = {
    truncated: "IncompleteRead",
    truncated_without_length: "hash",
    altered: "hash",
    login_page: "hash",
    empty: "hash",
    broken: "503",
}


@pytest.mark.parametrize("answer", FAULTS, ids=lambda answer: answer.__name__)
@pytest.mark.parametrize("name", NAMES)
def test_a_wrong_answer_is_never_kept(server, cache, name, answer):
    server.answer = answer
    with fails_with_help(cache, FAULTS[answer]):
        data.load(name)
    assert files_in(cache) == []
    server.answer = whole
    assert_same_images(data.load(name), originals(name))


def test_a_mirror_without_the_file_is_named(server, cache):
    server.files.clear()
    with fails_with_help(cache, "404", f"{server.address}/cifar-10-binary.tar.gz"):
        data.load("cifar10")


def test_gzip_files_are_kept_as_they_are_even_where_a_server_calls_them_encoded(server, cache):
    def encoded(handler, content):
        assert handler.headers["Accept-Encoding"] == "identity"
        handler.send(content, Content_Encoding="gzip")

    server.answer = encoded
    assert_same_images(data.load("fashion_mnist"), originals("fashion_mnist"))
    assert gzip.decompress((cache / "fashion_mnist" / "t10k-labels-idx1-ubyte.gz").read_bytes())[:4] == b"\0\0\x08\1"


@pytest.mark.parametrize("damage", ["truncated", "altered", "empty"])
@pytest.mark.parametrize("name", NAMES)
def test_a_damaged_cache_is_named_and_fetched_again(server, cache, name, damage):
    data.load(name)
    file = cache / name / next(iter(published_files(name, originals(name))))
    good = file.read_bytes()
    file.write_bytes({"truncated": good[:-1], "altered": bytes([good[0] ^ 1]) + good[1:], "empty": b""}[damage])
    assert_same_images(data.load(name), originals(name))
    assert file.read_bytes() == good and server.asked[-1] == f"/data/{file.name}"
    file.write_bytes(b"damaged")
    server.answer = broken
    with fails_with_help(cache, f"{file}, is damaged and was not used"):
        data.load(name)


def test_a_mirror_replaces_the_address(server, cache, monkeypatch):
    unreachable = fetching.ORIGINALS["mnist"]._replace(address="http://127.0.0.1:1/original")
    monkeypatch.setitem(fetching.ORIGINALS, "mnist", unreachable)
    monkeypatch.setenv("CNN_COURSE_DATA_URL", f"{server.address}/from the variable/")
    assert_same_images(data.load("mnist"), originals("mnist"))
    assert server.asked == ["/data/from%20the%20variable/mnist.npz"]
    (cache / "mnist" / "mnist.npz").unlink()
    assert_same_images(data.load("mnist", path=f"{server.address}/from-path"), originals("mnist"))
    assert server.asked[1:] == ["/data/from-path/mnist.npz"]
    (cache / "mnist" / "mnist.npz").unlink()
    assert_same_images(
        data.load("mnist", path=f"{server.address}/CAPITALS".replace("http", "HTTP")), originals("mnist")
    )
    assert server.asked[2:] == ["/data/CAPITALS/mnist.npz"]
    for wrong in ("ftp://mirror", "mirror.school/data"):
        monkeypatch.setenv("CNN_COURSE_DATA_URL", wrong)
        with pytest.raises(ValueError, match=f"must begin with http:// or https://. Received: '{wrong}'"):
            data.load("mnist")


def test_a_mirror_is_checked_like_the_original(server, cache):
    server.answer = altered
    with fails_with_help(cache, "hash"):
        data.load("mnist", path=f"{server.address}/mirror")


def deny(*_, **__):
    raise OSError(errno.EROFS, "Read-only file system")  # not every user is stopped by permissions; root is not


def test_a_read_only_cache_is_used_while_it_is_good(server, cache, monkeypatch):
    data.load("mnist")
    server.asked.clear()
    monkeypatch.setattr(tempfile, "NamedTemporaryFile", deny)
    assert_same_images(data.load("mnist"), originals("mnist"))
    assert server.asked == []


def test_a_cache_that_cannot_be_written_is_named(server, cache, tmp_path, monkeypatch):
    words = "must be a folder that can be written. Received: .*{}.*CNN_COURSE_DATA_HOME, or data.load.'mnist', path="
    data.load("cifar10")
    with monkeypatch.context() as patched:
        patched.setattr(tempfile, "NamedTemporaryFile", deny)
        with pytest.raises(OSError, match=words.format("cache/mnist .*Read-only file system")) as raised:
            data.load("mnist")
        assert not isinstance(raised.value, ConnectionError)
        (cache / "cifar10" / "cifar-10-binary.tar.gz").write_bytes(b"damaged")
        with pytest.raises(OSError, match=words.format("cache/cifar10 .*").replace("mnist", "cifar10")):
            data.load("cifar10")
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("CNN_COURSE_DATA_HOME", str(tmp_path / "file"))
    with pytest.raises(OSError, match=words.format("file/mnist")):
        data.load("mnist")
    assert server.asked == ["/data/cifar-10-binary.tar.gz"]  # nothing was sent that could not be kept


def test_an_interrupted_download_leaves_nothing(server, cache, monkeypatch):
    import requests

    def interrupted(*_, **__):
        assert len(files_in(cache)) == 1  # the temporary file
        raise KeyboardInterrupt

    monkeypatch.setattr(requests, "get", interrupted)
    with pytest.raises(KeyboardInterrupt):
        data.load("mnist")
    assert files_in(cache) == []


def test_two_processes_at_once_do_not_harm_each_other(server, cache):
    both = threading.Barrier(2, timeout=60)  # neither is answered before both have asked

    def together(handler, content):
        both.wait()
        handler.send(content[:1000], length=len(content))
        both.wait()
        handler.wfile.write(content[1000:])

    server.answer = together
    code = f"""
from cnn_course import data
from cnn_course.data import originals as fetching
fetching.ORIGINALS["mnist"] = fetching.Original(*{tuple(fetching.ORIGINALS["mnist"])!r})
print(data.load("mnist").x_train.sum(dtype=float))
"""
    command = [sys.executable, "-W", "error", "-c", code]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    processes = [subprocess.Popen(command, env=os.environ, **pipes) for _ in range(2)]
    printed = [process.communicate(timeout=120) for process in processes]
    assert [process.returncode for process in processes] == [0, 0], printed
    assert len(server.asked) == 2 and files_in(cache) == ["mnist/mnist.npz"]
    server.answer = broken
    assert {float(out) for out, _ in printed} == {data.load("mnist").x_train.sum(dtype=float)}


@pytest.mark.parametrize("package", ["pooch", "tqdm"])
def test_without_pooch_there_is_advice_and_path_works(server, cache, tmp_path, monkeypatch, package):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ImportError, match=r"'mnist' needs pooch and tqdm.*-course\[lessons\].*load\('mnist', path="):
        data.load("mnist")
    folder = write(tmp_path / "local", published_files("mnist", originals("mnist")))
    assert_same_images(data.load("mnist", path=folder), originals("mnist"))
    assert server.asked == [] and not cache.exists()


def test_local_files_and_embedded_sets_need_no_network(server, cache, tmp_path, monkeypatch):
    monkeypatch.setattr(socket, "socket", None)
    folder = write(tmp_path / "local", published_files("cifar10", originals("cifar10")))
    assert_same_images(data.load("cifar10", path=folder), originals("cifar10"))
    assert np.isfinite(data.load("textures").x_test).all() and len(data.load("digits").x_test) == 360


def test_the_cache_is_among_the_users_caches_unless_told(server, tmp_path, monkeypatch):
    import pooch

    monkeypatch.delenv("CNN_COURSE_DATA_HOME")
    monkeypatch.setattr(pooch, "os_cache", lambda project: tmp_path / "user" / project)
    data.load("mnist")
    assert files_in(tmp_path / "user") == ["cnn-course/mnist/mnist.npz"]
