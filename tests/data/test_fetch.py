import functools
import http.server
import socket
import threading

import pytest

from ms_gan.data.fetch import fetch
from ms_gan.errors import GanError


@pytest.fixture
def site(tmp_path, monkeypatch):
    """The address of a server on this machine that offers the files in the folder `site`: one, of
    100,000 bytes.
    """
    monkeypatch.setenv("no_proxy", "*")
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "file").write_bytes(bytes(range(250)) * 400)

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *arguments):
            pass

    with http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Handler, directory=tmp_path / "site")
    ) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def sound(path):
    return None


def test_what_is_offered_arrives_whole_in_new_folders_too(tmp_path, site):
    fetch(f"{site}/file", tmp_path / "a" / "b" / "mine", sound)
    assert (tmp_path / "a" / "b" / "mine").read_bytes() == (tmp_path / "site" / "file").read_bytes()
    assert len(list((tmp_path / "a" / "b").iterdir())) == 1


def test_the_check_sees_the_atomic_file_under_its_name_before_it_appears(tmp_path, site):
    seen = []

    def check(path):
        seen.append((path.name, len(path.read_bytes()), (tmp_path / "mine").exists()))

    fetch(f"{site}/file", tmp_path / "mine", check)
    assert seen == [("mine", 100_000, False)]


def test_a_fault_is_told_with_the_address_and_leaves_nothing(tmp_path, site):
    with pytest.raises(GanError) as error:
        fetch(f"{site}/file", tmp_path / "new" / "mine", lambda path: "is not what was wanted")
    assert str(error.value) == f"{site}/file: what came is not what was wanted"
    assert list((tmp_path / "new").iterdir()) == []


@pytest.mark.parametrize(
    "name, check", [("file", lambda path: "is bad"), ("missing", sound)], ids=["fault", "missing"]
)
def test_a_failure_leaves_the_earlier_file_and_the_time_limit_alone(tmp_path, site, name, check):
    (tmp_path / "mine").write_bytes(b"earlier")
    before = socket.getdefaulttimeout()
    with pytest.raises(GanError):
        fetch(f"{site}/{name}", tmp_path / "mine", check)
    assert (tmp_path / "mine").read_bytes() == b"earlier"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine", "site"]
    assert socket.getdefaulttimeout() == before


def test_a_missing_file_is_one_line_that_names_the_address(tmp_path, site):
    with pytest.raises(GanError) as error:
        fetch(f"{site}/missing", tmp_path / "mine", sound)
    assert (
        str(error.value) == f"{site}/missing: can't be downloaded (HTTP Error 404: File not found)"
    )


@pytest.mark.parametrize("address", ["file", "ftq://127.0.0.1/file", ""])
def test_what_is_no_address_is_told(tmp_path, address):
    with pytest.raises(GanError, match=f"^{address}: can't be downloaded"):
        fetch(address, tmp_path / "mine", sound)


def test_a_check_that_is_interrupted_leaves_nothing(tmp_path, site):
    def check(path):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(f"{site}/file", tmp_path / "new" / "mine", check)
    assert list((tmp_path / "new").iterdir()) == []
