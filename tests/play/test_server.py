"""The server with a stub studio: routes, who is answered, limits. No MindSpore computes here."""

import base64
import contextlib
import http.client
import io
import json
import socket

import numpy as np
import pytest
from PIL import Image
from play_stubs import StubImages, StubTranslations, serving

from ms_gan.errors import UsageError
from ms_gan.play import server as served


@pytest.fixture(scope="module")
def images():
    with serving(StubImages()) as server:
        yield server


@pytest.fixture(scope="module")
def translations():
    with serving(StubTranslations()) as server:
        yield server


def ask(server, method, route, body=None, **headers):
    """The status, the headers and the content of an answer."""
    connection = http.client.HTTPConnection("127.0.0.1", server.server_address[1], timeout=30)
    with contextlib.closing(connection):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, route, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()


def render(server, asked):
    body = asked if isinstance(asked, (bytes, str)) else json.dumps(asked)
    status, _, content = ask(server, "POST", "/api/render", body)
    return status, json.loads(content)


def pixels(uri):
    kind, _, content = uri.partition(",")
    assert kind == "data:image/png;base64"
    with Image.open(io.BytesIO(base64.b64decode(content))) as image:
        return np.asarray(image)


@pytest.mark.parametrize("route, kind", [(r, k) for r, (_, k) in served.ASSETS.items()])
def test_the_page_is_served_and_may_fetch_from_here_alone(images, route, kind):
    status, headers, content = ask(images, "GET", route)
    assert (status, headers["Content-Type"]) == (200, kind)
    assert content
    assert headers["Content-Security-Policy"].startswith("default-src 'none'; ")
    assert "http" not in headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "route",
    [
        *("/page.html", "/server.py", "/../server.py", "/%2e%2e/__init__.py", "//etc/passwd"),
        *("/etc/passwd", "/api", "/api/render", "/page.css/", "//[", "/%00"),
    ],
)
def test_nothing_else_is_served(images, route):
    status, _, content = ask(images, "GET", route)
    assert (status, json.loads(content)) == (404, {"error": "no such page"})


@pytest.mark.parametrize("route", ["/", "/api/translate", "/api/about", "/api/render/"])
def test_nothing_else_takes_a_post(images, route):
    assert ask(images, "POST", route, b"{}")[0] == 404


def test_images_come_with_their_vectors(images):
    status, answer = render(images, {"seeds": [3, 200]})
    assert status == 200
    assert answer["vectors"] == [[3, 3, 3], [200, 200, 200]]
    for uri, level in zip(answer["images"], (3, 200)):
        np.testing.assert_array_equal(pixels(uri), np.full((4, 4, 3), level))


@pytest.mark.parametrize(
    "asked, vector",
    [
        ({"vectors": [[1, 2.5, 3]]}, [1, 2.5, 3]),
        ({"mix": {"a": [[9, 9, 9]], "b": [[4, 4, 4]], "c": [[1, 2, 3]]}}, [6, 7, 8]),
        ({"walk": {"from": [0, 0, 0], "to": [4, 8, 12], "at": 0.25}}, [1, 2, 3]),
    ],
)
def test_vectors_are_named_in_other_ways(images, asked, vector):
    status, answer = render(images, asked)
    assert (status, answer["vectors"]) == (200, [vector])
    assert render(images, {**asked, "quick": True})[1]["vectors"] == [vector]
    assert images.studio.quick


@pytest.mark.parametrize(
    "asked, said",
    [
        ("", "expected JSON"),
        ("{", "expected JSON"),
        (b"\xff\xfe\xfd", "expected JSON"),
        ("[" * 100_000, "expected JSON"),
        ("[]", "expected a JSON object"),
        ({}, "expected one of seeds, vectors, mix, walk"),
        ({"seeds": [1], "vectors": [[1, 2, 3]]}, "expected one of"),
        ({"seeds": [1], "path": "/etc/passwd"}, "expected one of"),
        ({"seeds": [1], "quick": 1}, "quick: expected true or false"),
        ({"seeds": []}, "seeds: expected a list of 1 to 64"),
        ({"seeds": 5}, "seeds: expected a list of 1 to 64"),
        ({"seeds": list(range(65))}, "seeds: expected a list of 1 to 64"),
        ({"seeds": [-1]}, "seeds: expected whole numbers"),
        ({"seeds": [1.5]}, "seeds: expected whole numbers"),
        ({"seeds": [True]}, "seeds: expected whole numbers"),
        ({"seeds": [10**30]}, "seeds: expected whole numbers"),
        ({"vectors": [[1, 2]]}, "vectors: expected vectors of 3 numbers"),
        ({"vectors": [[1, 2, 3], [1]]}, "vectors: expected vectors of 3 numbers"),
        ({"vectors": [[1, 2, "3"]]}, "vectors: expected numbers from"),
        ({"vectors": [[1, 2, None]]}, "vectors: expected numbers from"),
        ('{"vectors": [[1, 2, NaN]]}', "vectors: expected numbers from"),
        ('{"vectors": [[1, 2, 1e999]]}', "vectors: expected numbers from"),
        ({"vectors": [[1, 2, 10**400]]}, "vectors: expected numbers from"),
        ({"vectors": [[1, 2, 3]] * 65}, "vectors: expected a list of 1 to 64"),
        ({"mix": {"a": [[1, 2, 3]]}}, "mix: expected an object with a, b, c"),
        ({"walk": {"from": [1, 2, 3], "to": [1, 2, 3], "at": 2}}, "at: expected a number"),
        ({"walk": {"from": [1, 2], "to": [1, 2, 3], "at": 0}}, "from: expected vectors of 3"),
    ],
)
def test_what_cant_be_rendered_is_told_in_one_line(images, asked, said):
    status, answer = render(images, asked)
    assert status == 400
    assert answer["error"].startswith(said)
    assert "\n" not in answer["error"]


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "192.168.0.7", "[", "", "localhost@evil"]
)
def test_other_names_of_the_server_are_refused(images, host):
    for method, route in (("GET", "/"), ("GET", "/api/about"), ("POST", "/api/render")):
        status, _, content = ask(images, method, route, Host=host)
        assert status == 403
        assert images.address in json.loads(content)["error"]


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "127.0.0.1:8000", "[::1]:8000"])
def test_its_own_names_are_taken(images, host):
    assert ask(images, "GET", "/", Host=host)[0] == 200


def test_a_server_of_all_addresses_is_asked_by_any_of_them():
    with serving(StubImages(), "0.0.0.0") as server:
        assert ask(server, "GET", "/", Host="192.168.0.7:8000")[0] == 200
        assert ask(server, "GET", "/", Host="evil.example")[0] == 403


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1"])
def test_pages_of_other_sites_are_refused(images, origin):
    assert ask(images, "POST", "/api/render", b'{"seeds": [1]}', Origin=origin)[0] == 403


def test_the_pages_own_requests_are_answered(images):
    host = f"127.0.0.1:{images.server_address[1]}"
    own = {"Host": host, "Origin": f"http://{host}"}
    assert ask(images, "POST", "/api/render", b'{"seeds": [1]}', **own)[0] == 200


@pytest.mark.parametrize("length, status", [("10485761", 413), ("-1", 411), ("x", 411)])
def test_an_upload_is_measured_before_it_is_read(translations, length, status):
    answer = ask(translations, "POST", "/api/translate", Content_Length=length)
    assert answer[0] == status
    assert json.loads(answer[2])["error"]
    assert answer[1]["Connection"] == "close"


def test_json_is_measured_before_it_is_read(images):
    assert ask(images, "POST", "/api/render", Content_Length=str(2**21 + 1))[0] == 413


def test_a_picture_is_translated(translations):
    status, _, content = ask(translations, "POST", "/api/translate", b"\x07")
    assert status == 200
    np.testing.assert_array_equal(pixels(json.loads(content)["images"][0]), np.full((4, 4, 3), 7))


def test_why_a_picture_isnt_translated_is_told(translations):
    status, _, content = ask(translations, "POST", "/api/translate", b"broken")
    assert (status, json.loads(content)) == (400, {"error": "the picture can't be read: stub"})


def test_a_generator_has_the_routes_of_its_kind_alone(translations):
    assert render(translations, {"seeds": [1]})[0] == 404
    assert json.loads(ask(translations, "GET", "/api/about")[2])["kind"] == "translations"


def test_a_fault_leaves_the_server_running(images, monkeypatch, caplog):
    def fail(vectors, quick):
        raise RuntimeError("out of memory")

    with monkeypatch.context() as patch:
        patch.setattr(images.studio, "render", fail)
        status, answer = render(images, {"seeds": [1]})
    assert (status, answer) == (500, {"error": "something went wrong, see the log"})
    assert "RuntimeError: out of memory" in caplog.text
    assert render(images, {"seeds": [1]})[0] == 200


def test_a_connection_is_kept(images):
    connection = http.client.HTTPConnection("127.0.0.1", images.server_address[1], timeout=30)
    with contextlib.closing(connection):
        connection.connect()
        first = connection.sock
        for _ in range(3):
            connection.request("GET", "/api/about")
            assert connection.getresponse().read()
            assert connection.sock is first


def test_an_unknown_host_is_told(monkeypatch):
    def unknown(server):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr("socketserver.TCPServer.server_bind", unknown)
    with pytest.raises(UsageError, match="--host no.such.host: no such host"):
        served.Server("no.such.host", 0)
