"""The server: fixed routes and their limits. No path of the disk is ever served."""

from __future__ import annotations

import base64
import errno
import io
import ipaddress
import json
import logging
import socket
import socketserver
import sys
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from ms_gan import pages
from ms_gan.errors import GanError, UsageError, os_reason
from ms_gan.pictures import to_image
from ms_gan.play import asked

MEGABYTE = 2**20
LARGEST_UPLOAD, LARGEST_JSON = 10 * MEGABYTE, 2 * MEGABYTE
HERE = Path(__file__).parent
ASSETS = {  # by route: the files that it gives, one after the other, and their type
    "/": ((HERE / "page.html",), "text/html; charset=utf-8"),
    "/page.js": ((pages.JS, HERE / "page.js"), "text/javascript"),
    "/images.js": ((HERE / "images.js",), "text/javascript"),
    "/translations.js": ((HERE / "translations.js",), "text/javascript"),
    "/page.css": ((pages.CSS, HERE / "page.css"), "text/css"),
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data: blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
GONE = (ConnectionError, socket.timeout)  # the other side; Python 3.9 has no TimeoutError for it

log = logging.getLogger(__name__)


class Refused(Exception):
    """A request that isn't answered, with the status and one line that say why."""

    def __init__(self, status: HTTPStatus, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class Server(ThreadingHTTPServer):
    """Listens from the beginning, and answers once it has a studio and `serve_forever` is called.

    Attributes:
        studio: makes the pixels, see `studio.py`.
    """

    studio: Any

    def __init__(self, host: str, port: int) -> None:
        if ":" in host:
            self.address_family = socket.AF_INET6
        self.host = host
        try:
            super().__init__((host, port), Handler)
        except socket.gaierror:
            raise UsageError(f"--host {host}: no such host; expected e.g. 127.0.0.1") from None
        except OSError as error:
            raise GanError(
                f"--host {host} --port {port}: {os_reason(error)}; give another --host or --port"
            ) from None
        self.assets = {
            route: (pages.joined(*files).encode(), kind) for route, (files, kind) in ASSETS.items()
        }

    @property
    def address(self) -> str:
        """Where a browser finds the page."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.server_address[1]}/"

    def knows(self, host: str | None) -> bool:
        """Whether a request's Host header names this server.

        Another site may let its own name lead to this machine (DNS rebinding). A server of all
        addresses can't know which of them is meant, but an address is no name.
        """
        try:
            name = urlsplit(f"//{host or ''}").hostname
        except ValueError:
            name = None
        if name is None:
            return False
        if name == self.host.lower() or is_loopback(name):
            return True
        return self.host in ("0.0.0.0", "::") and (
            _is_address(name) or name == socket.gethostname().lower()
        )

    def server_bind(self) -> None:
        """Bind without asking the network for this machine's full name."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.host, self.server_address[1]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that leaves early is no fault, nor one that Ctrl-C closes the connection to."""
        error = sys.exc_info()[1]
        closed = isinstance(error, OSError) and error.errno == errno.EBADF
        if not closed and not isinstance(error, GONE):
            log.warning("%s: %s", type(error).__name__, error)


class Handler(BaseHTTPRequestHandler):
    """Answers one connection's requests, each by JSON or one of the page's own files."""

    server: Server
    protocol_version = "HTTP/1.1"  # keeps the connection, over which a slider asks often
    disable_nagle_algorithm = True
    timeout = 60  # seconds without a byte
    server_version, sys_version = "ms_gan", ""

    def do_GET(self) -> None:
        self._answer(self._get)

    def do_POST(self) -> None:
        self._answer(self._post)

    def log_message(self, format: str, *args: Any) -> None:
        log.debug(format, *args)

    def _answer(self, handle: Callable[[str], tuple[bytes, str]]) -> None:
        """Send what `handle` makes of the route, or why it doesn't."""
        status = HTTPStatus.OK
        try:
            self._check_origin()
            content, kind = handle(self.path.partition("?")[0])
        except Refused as refusal:
            status, reason = refusal.status, str(refusal)
        except GanError as error:
            status, reason = HTTPStatus.BAD_REQUEST, " ".join(str(error).split())
        except GONE:
            raise
        except Exception as error:  # the server goes on
            log.warning("%s %s: %s: %s", self.command, self.path, type(error).__name__, error)
            status, reason = HTTPStatus.INTERNAL_SERVER_ERROR, "something went wrong, see the log"
        if status != HTTPStatus.OK:
            content, kind = _json({"error": reason})
            self.close_connection = True  # what was sent along may not have been read
        self.send_response(status)
        for name, value in {**HEADERS, "Content-Type": kind}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content)

    def _check_origin(self) -> None:
        """Refuse what pages of other sites send."""
        host, origin = self.headers.get("Host"), self.headers.get("Origin")
        if not self.server.knows(host):
            raise Refused(
                HTTPStatus.FORBIDDEN, f"open {self.server.address}: other names of it are refused"
            )
        if origin is not None and origin != f"http://{host}":
            raise Refused(HTTPStatus.FORBIDDEN, "requests from other sites are refused")

    def _get(self, route: str) -> tuple[bytes, str]:
        if route == "/api/about":
            return _json(self.server.studio.about())
        if route not in self.server.assets:
            raise Refused(HTTPStatus.NOT_FOUND, "no such page")
        return self.server.assets[route]

    def _post(self, route: str) -> tuple[bytes, str]:
        studio, name = self.server.studio, route.rpartition("/")[2]
        kinds = {"/api/render": "images", "/api/translate": "translations"}
        if kinds.get(route) != studio.about()["kind"]:
            raise Refused(HTTPStatus.NOT_FOUND, "no such page")
        if name == "translate":
            made = studio.translate(self._body(LARGEST_UPLOAD))
            return _json({"images": [_data_uri(made)]})
        vectors, quick = asked.read(self._body(LARGEST_JSON), studio)
        made = studio.render(vectors, quick)
        return _json(
            {"images": [_data_uri(pixels) for pixels in made], "vectors": vectors.tolist()}
        )

    def _body(self, most: int) -> bytes:
        """What was sent along, once it is known not to be too much."""
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit()):
            raise Refused(HTTPStatus.LENGTH_REQUIRED, "expected a Content-Length")
        if int(length) > most:
            raise Refused(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                f"{int(length) / MEGABYTE:.1f} MB; expected at most {most // MEGABYTE} MB",
            )
        return self.rfile.read(int(length))


def is_loopback(host: str) -> bool:
    """Whether a host is this machine for itself alone: "localhost", 127.0.0.1 or ::1."""
    return host.lower() == "localhost" or (
        _is_address(host) and ipaddress.ip_address(host).is_loopback
    )


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _json(value: Any) -> tuple[bytes, str]:
    return json.dumps(value, allow_nan=False).encode(), "application/json"


def _data_uri(pixels: np.ndarray) -> str:
    """An image, uint8 (height, width, 3 or 1), as a PNG in a data URI."""
    content = io.BytesIO()
    to_image(pixels).save(content, "PNG")
    return "data:image/png;base64," + base64.b64encode(content.getvalue()).decode("ascii")
