"""The command: what it says, and how it ends."""

import contextlib
import http.client
import json
import signal
import socket
import subprocess
import threading
import urllib.request

import lively
import pytest
from conftest import start

from ms_gan.play import studio
from ms_gan.play.server import Server, is_loopback


@pytest.fixture
def ckpt(tmp_path):
    return lively.write(tmp_path / "generator.ckpt", "faces", {"image_size": 32, "nz": 8, "ngf": 2})


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_says_where_it_is_and_ctrl_c_ends_it_quietly(ckpt, number):
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    process = start("play", "--ckpt", ckpt, "--port", 0, **pipes)
    said = process.stdout.readline()
    address = said.split()[0]
    assert said == f"{address} plays {ckpt}; Ctrl-C ends it\n"
    with urllib.request.urlopen(address, timeout=30) as answer:
        assert b"<title>ms_gan</title>" in answer.read()
    with urllib.request.urlopen(f"{address}api/render", b'{"seeds": [1]}', 30) as answer:
        assert b"data:image/png" in answer.read()
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (0, "", "")


def test_it_ends_quietly_in_the_middle_of_its_work(ckpt):
    def ask_until_it_ends():
        with contextlib.suppress(OSError, http.client.HTTPException):
            while True:
                urllib.request.urlopen(f"{address}api/render", body, 30).read()
                answered.set()

    body, answered = json.dumps({"seeds": list(range(64))}).encode(), threading.Event()
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    process = start("play", "--ckpt", ckpt, "--port", 0, **pipes)
    address = process.stdout.readline().split()[0]
    asking = [threading.Thread(target=ask_until_it_ends) for _ in range(3)]
    for thread in asking:
        thread.start()
    assert answered.wait(30)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    for thread in asking:
        thread.join()
    assert (process.returncode, out, err) == (0, "", "")


def test_a_busy_port_is_told_before_anything_is_loaded(run):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = run("play", "--ckpt", "missing.ckpt", "--port", port)
    assert done.status == 1
    assert done.err == (
        f"ms_gan.play: error: --host 127.0.0.1 --port {port}: Address already in use; "
        "give another --host or --port\n"
    )


@pytest.mark.parametrize("host, warned", [("127.0.0.1", False), ("0.0.0.0", True)])
def test_a_host_that_others_reach_is_warned_of(run, ckpt, monkeypatch, host, warned):
    def stop(server):
        assert server.studio.about()["kind"] == "images"
        raise KeyboardInterrupt

    monkeypatch.setattr(Server, "serve_forever", stop)
    monkeypatch.setattr(studio.Images, "warm_up", lambda images: None)
    done = run("play", "--ckpt", ckpt, "--host", host, "--port", 0, "--device", "CPU")
    assert done.status == 0
    warning = f"warning: --host {host}: everybody who reaches this machine may use it\n"
    assert done.err == (warning if warned else "")


@pytest.mark.parametrize(
    "host, loopback",
    [
        *(("localhost", True), ("127.0.0.1", True), ("127.8.9.1", True), ("::1", True)),
        *(("0.0.0.0", False), ("::", False), ("192.168.0.7", False), ("mine.example", False)),
    ],
)
def test_loopback_addresses_are_known(host, loopback):
    assert is_loopback(host) is loopback


def test_a_wrong_checkpoint_is_told(run):
    done = run("play", "--ckpt", "missing.ckpt", "--port", 0)
    assert done.status == 1
    assert done.err.count("\n") == 1 and "missing.ckpt" in done.err
