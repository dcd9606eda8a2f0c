import http.server
import io
import socket
import threading
import zipfile

import pytest
from data_options import NOWHERE, data_options
from PIL import Image

from ms_gan.data import faces, fetch
from ms_gan.data.decode import Square
from ms_gan.data.locate import SYNTHETIC
from ms_gan.errors import GanError
from ms_gan.stand_ins.faces import draw_faces


def image(colour="red", format="JPEG"):
    file = io.BytesIO()
    Image.new("RGB", (8, 8), colour).save(file, format)
    return file.getvalue()


def zip_of(*names):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as opened:
        for name in names:
            opened.writestr(name, image())
    return file.getvalue()


def find(data=None, url=NOWHERE, stand_in=False, datasets="datasets"):
    options = data_options(data=data, data_url=url, stand_in=stand_in, datasets=datasets)
    return faces.find(options, Square(8))


def names(images):
    return sorted(file.name for file in images.files)


@pytest.fixture
def datasets(tmp_path):
    folder = tmp_path / "datasets"
    folder.mkdir()
    return folder


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    monkeypatch.setenv("no_proxy", "*")


@pytest.fixture
def site():
    """A site of this machine: site(body) gives the address under which it answers with that."""
    answers, over = [], threading.Event()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            body, status, length, silent = answers[int(self.path.split("/")[1])]
            self.send_response(status)
            self.send_header("Content-Length", str(len(body) if length is None else length))
            self.end_headers()
            self.wfile.write(body)
            if silent:
                self.wfile.flush()
                over.wait(60)

        def log_message(self, *arguments):
            pass

    class Server(http.server.ThreadingHTTPServer):
        def handle_error(self, request, address):  # a client that hangs up early is none
            pass

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()

        def serve(body, status=200, length=None, silent=False):
            answers.append((body, status, length, silent))
            return f"http://127.0.0.1:{server.server_port}/{len(answers) - 1}/faces.zip"

        yield serve
        over.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def refused():
    """An address that is taken but answers nobody."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}/faces.zip"


@pytest.fixture
def three_drawn(monkeypatch):
    monkeypatch.setattr(faces, "draw_faces", lambda folder: draw_faces(folder, 3))


def test_the_folder_comes_before_the_zip_and_the_zip_before_the_network(datasets, site):
    url = site(zip_of("fetched.jpg"))
    (datasets / "faces.zip").write_bytes(zip_of("zipped.jpg"))
    assert names(find(url=url)) == ["zipped.jpg"]
    (datasets / "faces").mkdir()
    (datasets / "faces" / "kept.jpg").write_bytes(image())
    assert names(find(url=url)) == ["kept.jpg"]


@pytest.mark.parametrize("kind", ["folder", "zip", "zip without its suffix"])
def test_the_users_own_data_comes_before_everything(tmp_path, datasets, kind):
    (datasets / "faces").mkdir()
    (datasets / "faces" / "kept.jpg").write_bytes(image())
    if kind == "folder":
        path = tmp_path / "my faces"
        path.mkdir()
        (path / "own.png").write_bytes(image(format="PNG"))
    else:
        path = tmp_path / ("my faces.zip" if kind == "zip" else "my faces")
        path.write_bytes(zip_of("own.png"))
    images = find(data=str(path))
    assert names(images) == ["own.png"]
    assert not images.synthetic
    assert kind == "folder" or images.folder.parent == datasets.resolve()


@pytest.mark.parametrize(
    "content, said",
    [
        (None, "no such file or folder"),
        (b"hello", "neither a folder nor a whole zip file"),
        (b"", "neither a folder nor a whole zip file"),
        (zip_of("a.jpg")[:100], "neither a folder nor a whole zip file"),
    ],
    ids=["missing", "text", "empty", "truncated zip"],
)
def test_data_that_is_neither_folder_nor_zip_is_refused(tmp_path, content, said):
    path = tmp_path / "mine.zip"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(
        GanError, match=rf"mine\.zip: {said}.*; expected a folder or a zip of images$"
    ):
        find(data=str(path), stand_in=True)


def test_a_broken_zip_in_its_place_is_told_and_not_replaced(datasets, site):
    (datasets / "faces.zip").write_bytes(b"half a download")
    with pytest.raises(GanError, match="neither a folder nor a whole zip file"):
        find(url=site(zip_of("fetched.jpg")), stand_in=True)
    assert (datasets / "faces.zip").read_bytes() == b"half a download"


def test_fetched_faces_are_kept_and_used(tmp_path, site):
    whole = zip_of("a.jpg", "sub/b.jpg")
    assert names(find(url=site(whole))) == ["a.jpg", "b.jpg"]
    assert (tmp_path / "datasets" / "faces.zip").read_bytes() == whole
    assert names(find()) == ["a.jpg", "b.jpg"]  # without the network, the second time
    assert (
        len(list((tmp_path / "datasets").iterdir())) == 3
    )  # the zip, its folder, and the packed file's


@pytest.mark.parametrize(
    "answer, said",
    [
        (dict(body=b"gone", status=404), r"can't be downloaded \(HTTP Error 404: Not Found\)"),
        (
            dict(body=zip_of("a.jpg"), length=10**5),
            r"can't be downloaded \(File size is \d+ and should be 100000",
        ),
        (dict(body=b"<html>Please log in</html>"), "what came is not a zip file"),
        (dict(body=zip_of("a.jpg")[:-30]), "what came is not a zip file"),
    ],
    ids=["404", "closed early", "page", "truncated on the server"],
)
def test_a_failed_download_says_why_and_leaves_nothing(datasets, site, answer, said):
    url = site(**answer)
    with pytest.raises(GanError, match=f"^{url}: {said}"):
        find(url=url)
    assert list(datasets.iterdir()) == []


def test_a_refused_connection_says_so_and_leaves_nothing(datasets, refused):
    with pytest.raises(GanError, match=f"^{refused}: can't be downloaded .*refused"):
        find(url=refused)
    assert list(datasets.iterdir()) == []


@pytest.mark.parametrize("url", ["faces.zip", "ftq://127.0.0.1/faces.zip", ""])
def test_what_is_no_address_is_told(monkeypatch, datasets, url):
    monkeypatch.setattr(faces, "URL", "no address")
    with pytest.raises(GanError, match="can't be downloaded"):
        find(url=url)
    assert list(datasets.iterdir()) == []


def test_a_server_that_falls_silent_is_given_up(monkeypatch, datasets, site):
    monkeypatch.setattr(fetch, "READ_SECONDS", 0.2)
    before = socket.getdefaulttimeout()
    with pytest.raises(GanError, match="can't be downloaded .*timed out"):
        find(url=site(zip_of("a.jpg"), length=10**5, silent=True))
    assert list(datasets.iterdir()) == []
    assert socket.getdefaulttimeout() == before


def test_the_address_is_the_given_one_then_the_environments_then_the_tutorials(
    tmp_path, monkeypatch, site
):
    monkeypatch.setattr(faces, "URL", site(zip_of("tutorial.jpg")))
    given, environment = site(zip_of("given.jpg")), site(zip_of("environment.jpg"))
    assert names(find(url=None, datasets="1")) == ["tutorial.jpg"]
    monkeypatch.setenv("MS_GAN_FACES_URL", environment)
    assert names(find(url=None, datasets="2")) == ["environment.jpg"]
    assert names(find(url=given, datasets="3")) == ["given.jpg"]


def test_faces_are_drawn_and_marked_where_none_can_be_fetched(
    datasets, caplog, refused, three_drawn
):
    images = find(url=refused, stand_in=True)
    assert images.synthetic
    assert names(images) == ["0.jpg", "1.jpg", "2.jpg"]
    assert sorted(datasets.iterdir()) == [datasets / "cache", images.folder]
    assert "STAND-INS" in (images.folder / SYNTHETIC).read_text()
    assert caplog.messages[0].startswith(f"{refused}: can't be downloaded")


def test_faces_are_drawn_once_only(monkeypatch, datasets, refused, three_drawn):
    first = find(url=refused, stand_in=True)
    monkeypatch.setattr(faces, "draw_faces", None)
    assert find(url=refused, stand_in=True).files == first.files


def test_drawn_faces_do_not_stand_in_the_way_of_real_ones(datasets, site, refused, three_drawn):
    assert find(url=refused, stand_in=True).synthetic
    images = find(url=site(zip_of("real.jpg")), stand_in=True)
    assert not images.synthetic
    assert names(images) == ["real.jpg"]


def test_an_interrupted_drawing_leaves_nothing(monkeypatch, datasets, refused):
    def interrupted(folder):
        draw_faces(folder, 1)
        raise KeyboardInterrupt

    monkeypatch.setattr(faces, "draw_faces", interrupted)
    with pytest.raises(KeyboardInterrupt):
        find(url=refused, stand_in=True)
    assert list(datasets.iterdir()) == []
