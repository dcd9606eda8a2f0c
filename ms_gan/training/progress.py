"""How a run is watched: the progress bar and the log's lines, with the time that training alone
takes.
"""

import contextlib
import sys
import time

from tqdm import tqdm

from ms_gan.distribution import ALONE

BAR = "{desc}|{bar:20}| {n_fmt}/{total_fmt} [{elapsed}<{remaining}{postfix}]"
REFRESH = 1.0  # seconds between looks at the losses, each of which waits for the device


class Progress:
    """Counts steps, shows them and logs every `log_every`th (and the first).

    objective: gives `losses` and `report` of a step's outputs; run: takes the log's lines; batches:
    tells the batch size and the steps per epoch; seconds: training time so far, over all
    resumptions; workers: see `ms_gan.distribution`; with several, numbers are their means, images
    per second those of all, and one of them shows.
    """

    def __init__(self, objective, run, batches, log_every, step, total, seconds, workers=ALONE):
        self._workers = workers
        self._objective = objective
        self._run = run
        self._batch_size = batches.batch_size * workers.size
        self._epochs = -(-total // batches.steps_per_epoch)
        self._log_every = log_every
        self._before = seconds
        self._since = self._shown = time.perf_counter()
        self._logged = step, seconds
        self._waited = 0.0  # for data, since the last logged line
        terminal = sys.stderr.isatty()
        self._bar = tqdm(
            initial=step,
            total=total,
            bar_format=BAR,
            mininterval=0.2 if terminal else 30,
            disable=workers.rank > 0,
        )

    @property
    def seconds(self):
        """Training time so far, samples and checkpoints not counted."""
        return self._before + time.perf_counter() - self._since

    def timed(self, batches):
        """The batches, with the time that the loop has to wait for each taken down."""
        batches = iter(batches)
        while True:
            asked = time.perf_counter()
            try:
                batch = next(batches)
            except StopIteration:
                return
            self._waited += time.perf_counter() - asked
            yield batch

    def count(self, step, epoch, outputs):
        """Take note of a finished step. Returns its numbers where it is logged, else None."""
        numbers = None
        self._bar.set_description_str(f"epoch {epoch}/{self._epochs} ", refresh=False)
        if step == 1 or step % self._log_every == 0:
            numbers = self._log(step, epoch, outputs)
        elif time.perf_counter() - self._shown >= REFRESH:
            self._show(step, self._objective.losses(outputs))
        self._bar.update()
        return numbers

    @contextlib.contextmanager
    def paused(self, outputs):
        """Stop the clock for what isn't training, once the device has finished the step of
        `outputs`.
        """
        self._objective.losses(outputs)
        self._before = self.seconds
        yield
        self._since = time.perf_counter()

    def close(self):
        """Leave the bar as it stands."""
        self._bar.close()

    def _log(self, step, epoch, outputs):
        numbers = self._workers.mean(self._objective.report(outputs))
        share = self._waited / max(self.seconds - self._logged[1], 1e-9)
        if self._workers.rank == 0:
            self._run.append_log(
                {
                    "step": step,
                    "epoch": epoch,
                    **numbers,
                    "batch_size": self._batch_size,
                    "images_per_second": round(self._rate(step), 2),
                    "data_wait": round(share, 4),
                    "seconds": round(self.seconds, 3),
                }
            )
        self._show(step, numbers)
        self._logged, self._waited = (step, self.seconds), 0.0
        return numbers

    def _show(self, step, losses):
        self._bar.set_postfix_str(
            f"{self._rate(step):.1f} images/s, G {losses['loss_g']:.3f}, D {losses['loss_d']:.3f}",
            refresh=False,
        )
        self._shown = time.perf_counter()

    def _rate(self, step):
        """Images per second since the last logged line."""
        steps, seconds = step - self._logged[0], self.seconds - self._logged[1]
        return steps * self._batch_size / max(seconds, 1e-9)
