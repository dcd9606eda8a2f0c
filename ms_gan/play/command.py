"""The command: serve the page until Ctrl-C."""

from __future__ import annotations

import logging
import signal
from collections.abc import Sequence

from ms_gan import runtime
from ms_gan.load import add_generator
from ms_gan.options import Parser, number, path
from ms_gan.play.server import Server, is_loopback

log = logging.getLogger("ms_gan.play")


def main(argv: Sequence[str] | None = None) -> int:
    """Serve the page as the command line says and return the exit status."""
    asked = _parser().parse_args(argv)
    runtime.check()
    with Server(asked.host, asked.port) as server:  # a busy port is told before anything is loaded
        if not is_loopback(asked.host):
            log.warning("--host %s: everybody who reaches this machine may use it", asked.host)
        # Only now: it imports MindSpore.
        from ms_gan.play.studio import open_studio

        server.studio = open_studio(asked.ckpt, asked.device, asked.device_id)
        server.studio.warm_up()
        # Whenever MindSpore computes, it makes of Ctrl-C a SIGTERM: either ends this the same way.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        log.info("%s plays %s; Ctrl-C ends it", server.address, asked.ckpt)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            server.studio.close()
    return 0


def _parser() -> Parser:
    parser = Parser(
        prog="python -m ms_gan.play",
        description="Play with a trained generator in the browser: images from seeds and "
        "latent vectors, or translations of images.",
    )
    add_generator(parser)
    parser.add_argument(
        "--host",
        type=path,
        default="127.0.0.1",
        help="where to listen (default: 127.0.0.1, which only this machine reaches)",
    )
    parser.add_argument(
        "--port",
        type=number(int, 0, 65535),
        default=8000,
        metavar="N",
        help="default: 8000; 0 takes a free one",
    )
    return parser
