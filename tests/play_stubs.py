"""A server for tests, and stub studios for it, whose pixels can be worked out by hand."""

import contextlib
import threading

import numpy as np

from ms_gan.errors import UsageError
from ms_gan.play.server import Server


@contextlib.contextmanager
def serving(studio, host="127.0.0.1"):
    """A server of a studio on a free port, in a thread of its own."""
    with Server(host, 0) as server:
        server.studio = studio
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


class StubImages:
    """Vectors of three numbers, the seed's own; images of 4x4 pixels of the first number."""

    nz = 3
    quick = False

    def about(self):
        return {"kind": "images", "recipe": "stub"}

    def latents(self, seeds):
        return np.array([[seed] * 3 for seed in seeds], np.float32)

    def mixed(self, a, b, c):
        return a.mean(0) - b.mean(0) + c.mean(0)

    def between(self, a, b, share):
        return a + share * (b - a)

    def render(self, vectors, quick):
        self.quick = quick
        return np.stack([np.full((4, 4, 3), vector[0], np.uint8) for vector in vectors])


class StubTranslations:
    """Makes images of 4x4 pixels of the first byte. What isn't short or a PNG file is broken."""

    def about(self):
        return {"kind": "translations", "recipe": "stub", "size": 4, "generate": "stub"}

    def translate(self, content):
        if len(content) > 1 and not content.startswith(b"\x89PNG"):
            raise UsageError("the picture can't be read: stub")
        return np.full((4, 4, 3), content[0], np.uint8)
