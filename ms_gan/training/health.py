"""What goes wrong in a training by itself: numbers that aren't finite, and games that have
collapsed.
"""

import sys

import numpy as np

from ms_gan.errors import GanError

LONG = 20  # lines of the log that a hopeless game may last
SURE = 0.999  # a discriminator's mean verdict that leaves no doubt
FLAT = 0.005  # the std over images, as a share of the range, below which they are all the same
SAME = 5  # samples in a row that may be so

TRY = "try a lower --lr for both, a larger --batch-size or a narrower discriminator (--ndf)"


class BadNumbers(GanError):
    """A loss, a weight or another value of the training isn't finite."""


class Health:
    """Watches the numbers of a run; warnings are printed once each."""

    def __init__(self, parameters):
        self._parameters = parameters  # {key: Parameter}, all that training changes
        self._hopeless = self._same = 0
        self._warned = set()

    def check(self, step, epoch, numbers):
        """Look at a logged line's numbers. Raises BadNumbers that names step, epoch and value."""
        bad = [key for key, number in numbers.items() if not np.isfinite(number)]
        if bad:
            raise BadNumbers(
                f"{bad[0]} is {numbers[bad[0]]} at step {step} (epoch {epoch}); {self._worst()}"
            )
        certain = numbers.get("d_x", 0.0) > SURE and numbers.get("d_g_z1", 1.0) < 1 - SURE
        self._hopeless = self._hopeless + 1 if certain else 0
        if self._hopeless == LONG:
            self._warn(
                "hopeless",
                f"at step {step} the discriminator has been sure of everything for {LONG} lines of "
                f"the log (d_x > {SURE}, d_g_z1 < {1 - SURE:.3f}): the generator learns little; "
                f"{TRY}",
            )

    def check_values(self, step, epoch):
        """Look at every value that training changes.

        Raises BadNumbers that names step, epoch and value.
        """
        bad = self._bad()
        if bad:
            raise BadNumbers(
                f"{bad[0]} isn't finite at step {step} (epoch {epoch}); {self._worst()}"
            )

    def check_variety(self, step, std):
        """Take note of how much the images of a sample differ: their std, as a share of the
        range.
        """
        self._same = self._same + 1 if std < FLAT else 0
        if self._same == SAME:
            self._warn(
                "same",
                f"at step {step} all generated images have been nearly the same for {SAME} samples: the "
                f"generator may have collapsed; {TRY}, or another --seed",
            )

    def _worst(self):
        bad = self._bad()
        return f"{len(bad)} of {len(self._parameters)} saved values are affected" + (
            f", first {bad[0]}" if bad else ""
        )

    def _bad(self):
        return [
            key
            for key, parameter in self._parameters.items()
            if not np.isfinite(parameter.asnumpy()).all()
        ]

    def _warn(self, what, message):
        if what not in self._warned:
            self._warned.add(what)
            print(f"\nwarning: {message}", file=sys.stderr)
