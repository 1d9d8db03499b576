"""From `make lab`, already set up, to the first cell of lesson 02 done; and what `cnn_course.quiet` costs."""

import contextlib
import http.client
import json
import os
import secrets
import socket
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import numpy as np
import websocket

from race import ratios, seconds, table

ROOT = Path(__file__).resolve().parents[1]
LESSON = ROOT / "notebooks" / "02_convolution.ipynb"
STARTS, IMPORTS = 5, 15
SECONDS_ALLOWED, RATIO_ALLOWED = 12, 1.02
IMPORTED = {
    "`import keras`": "import keras",
    "`import cnn_course.quiet; import keras`": "import cnn_course.quiet; import keras",
    "`import keras`, after that": "import keras",
}


def main():
    """Print the tables."""
    rows = [[name, *_stages(name)] for name in ("files in memory", "files on the disk only")]
    header = ["`make lab`, seconds until", "the server answers", "the kernel answers", "the first cell is done"]
    print(table([*header[:-1], f"{header[-1]} (at most {SECONDS_ALLOWED})"], rows) + "\n")
    taken = seconds({name: lambda code=code: _import(code) for name, code in IMPORTED.items()}, repeats=IMPORTS)
    before, ours, after = IMPORTED
    taken["both"] = (taken[before] + taken[after]) / 2  # so a machine that becomes slower meanwhile counts for nobody
    found = {name: f"{ratio:.3f}" for name, ratio in ratios(taken, "both").items()}
    found[ours] += f" (at most {RATIO_ALLOWED})"
    rows = [[name, f"{np.median(taken[name]):.2f}", found[name]] for name in IMPORTED]
    print(table(["a Python of its own", "seconds", "÷ the mean of both `import keras`"], rows))


def _stages(name):
    """Medians over the starts."""
    starts = []
    for _ in range(STARTS):
        if name == "files on the disk only":
            _forget_files()
        starts.append(_first_cell())
    return [f"{value:.1f}" for value in np.median(starts, axis=0)]


def _first_cell():
    """Seconds until the server, the kernel, and the first cell have answered what JupyterLab's page asks for."""
    cell = next(cell for cell in nbformat.read(LESSON, as_version=4).cells if cell.cell_type == "code")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    token = secrets.token_hex()
    options = f"--no-browser --allow-root --port={port} --IdentityProvider.token={token}"
    own = {name: value for name, value in os.environ.items() if name not in ("ARGS", "MAKEFLAGS")}  # of `make bench`
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}

    def ask(method, path, content=None):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        body = json.dumps(content).encode() if content else None
        connection.request(method, f"/api/{path}", body, {"Authorization": f"token {token}"})
        with connection.getresponse() as response:
            return response.read()

    begin, stages = time.perf_counter(), []
    server = subprocess.Popen(["make", "lab", f"ARGS={options}"], cwd=ROOT, env=own, **silent)
    while not stages:
        if server.poll() is not None:
            raise RuntimeError(f"`make lab` must serve. Received: status {server.returncode}.")
        with contextlib.suppress(ConnectionRefusedError):
            ask("GET", "status")
            stages.append(time.perf_counter() - begin)
        time.sleep(0.02)
    try:
        session = {"path": LESSON.name, "name": LESSON.name, "type": "notebook", "kernel": {"name": "python3"}}
        kernel = json.loads(ask("POST", "sessions", session))["kernel"]["id"]
        address = f"ws://127.0.0.1:{port}/api/kernels/{kernel}/channels?token={token}"
        with contextlib.closing(websocket.create_connection(address, timeout=300)) as channels:
            _reply(channels, "kernel_info", {})
            stages.append(time.perf_counter() - begin)
            reply = _reply(channels, "execute", {"code": cell.source, "silent": False, "store_history": True})
            stages.append(time.perf_counter() - begin)
        if reply["status"] != "ok":
            raise RuntimeError(f"The first cell of {LESSON.stem} must run. Received: {reply['evalue']}")
    finally:
        ask("POST", "shutdown")
        server.wait(60)
    return stages


def _reply(channels, name, content):
    """Ask a kernel, and return the content of its reply."""
    identity, request = secrets.token_hex(), f"{name}_request"
    header = {"msg_id": identity, "msg_type": request, "session": "", "username": "", "version": "5.3"}
    message = {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"}
    channels.send(json.dumps(message | {"buffers": []}))
    while True:
        answer = json.loads(channels.recv())
        if answer["msg_type"] == f"{name}_reply" and answer["parent_header"].get("msg_id") == identity:
            return answer["content"]


def _forget_files():
    """Let the system drop what it has read of the environment, as after a night; where it cannot, nothing happens."""
    if not hasattr(os, "posix_fadvise"):
        return
    for place in (sys.prefix, sys.base_prefix):
        for folder, _, names in os.walk(place):
            for name in names:
                if not os.path.islink(file := os.path.join(folder, name)):
                    descriptor = os.open(file, os.O_RDONLY)
                    os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
                    os.close(descriptor)


def _import(code):
    subprocess.run([sys.executable, "-c", code], stderr=subprocess.DEVNULL, check=True)


if __name__ == "__main__":
    main()
