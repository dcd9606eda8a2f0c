import mindspore as ms
import numpy as np
import pytest
from mindspore import nn, ops
from PIL import Image

from ms_gan.training import visualiser
from ms_gan.training.run_folder import RunFolder

COLOURS = (31, 119, 180), (255, 127, 14)  # matplotlib's first two


class Brightness(nn.Cell):
    """A stand-in generator of one grey level."""

    def __init__(self):
        super().__init__()
        self.level = ms.Parameter(ms.Tensor(0.0), name="level")


class Plain:
    """A stand-in sampler: a plain picture of the generator's level plus the fixed one, which is the
    std, too.
    """

    std = None

    def picture(self, networks, fixed):
        self.std = level = int(networks["generator"].level.asnumpy()) + fixed[0]
        return Image.new("RGB", (16, 12), (level,) * 3)


@pytest.fixture
def run(tmp_path):
    return RunFolder.create(tmp_path, "faces")


@pytest.fixture
def generator():
    return Brightness()


@pytest.fixture
def writer(generator, run):
    losses = visualiser.LossPlot(PANELS, means=False)
    return visualiser.Visualiser(run, Plain(), {"generator": generator}, (20,), losses)


def level(image):
    return int(np.asarray(image.convert("RGB"))[6, 8, 0])


def test_a_sample_is_the_samplers_picture_of_the_networks_and_the_fixed_inputs(
    run, generator, writer
):
    assert writer.sample(0) == 20
    ops.assign(generator.level, ms.Tensor(100.0))
    assert writer.sample(50) == 120
    assert run.sample_files() == [run.sample(0), run.sample(50)]
    for step, expected in ((0, 20), (50, 120)):
        with Image.open(run.sample(step)) as picture:
            assert (picture.size, level(picture)) == ((16, 12), expected)


def test_the_gif_grows_and_a_long_ones_is_thinned_evenly(run, generator, writer, monkeypatch):
    monkeypatch.setattr(visualiser, "GIF_FRAMES", 4)
    for step in range(7):
        ops.assign(generator.level, ms.Tensor(30.0 * step))  # equal frames would be merged
        writer.sample(step)
        with Image.open(run.gif) as gif:
            assert gif.n_frames == min(step + 1, 4)
    levels = []
    with Image.open(run.gif) as gif:
        for frame in range(4):
            gif.seek(frame)
            levels.append(level(gif))
    np.testing.assert_allclose(levels, [20, 80, 140, 200], atol=2)


class Axes:
    """What a plot drew: {title: {label: (x, y)}}, by way of matplotlib's own axes."""

    def __init__(self, monkeypatch):
        from matplotlib.figure import Figure

        self.panels, self.units, savefig = {}, set(), Figure.savefig

        def record(figure, *arguments, **options):
            for axes in figure.axes:
                self.units.add(axes.get_xlabel())
                self.panels[axes.get_title()] = {
                    line.get_label(): (list(line.get_xdata()), list(line.get_ydata()))
                    for line in axes.get_lines()
                }
            return savefig(figure, *arguments, **options)

        monkeypatch.setattr(Figure, "savefig", record)


LINES = [
    {"step": 10 * n, "epoch": 1 + n // 3, "loss_g": float(n), "loss_d": 1 / n, "k": 0.1 * n}
    for n in range(1, 7)
]
PANELS = (("Losses", {"loss_g": "generator", "loss_d": "critic"}), ("Balance", {"k": "k"}))


def test_a_loss_plot_has_a_panel_for_each_title_and_a_curve_for_each_key(run, monkeypatch):
    axes = Axes(monkeypatch)
    visualiser.LossPlot(PANELS, means=False).write(LINES, run.losses)
    assert axes.units == {"step"}
    steps = [10, 20, 30, 40, 50, 60]
    assert axes.panels == {
        "Losses": {
            "generator": (steps, [1, 2, 3, 4, 5, 6]),
            "critic": (steps, [1 / n for n in range(1, 7)]),
        },
        "Balance": {"k": (steps, [line["k"] for line in LINES])},
    }
    with Image.open(run.losses) as plot:
        assert set(COLOURS) <= {colour for _, colour in plot.convert("RGB").getcolors(10**6)}


def test_a_loss_plot_of_means_has_a_point_for_each_epoch(run, monkeypatch):
    axes = Axes(monkeypatch)
    visualiser.LossPlot(PANELS[:1], means=True).write(LINES, run.losses)
    assert axes.units == {"epoch"}
    epochs, means = axes.panels["Losses"]["generator"]
    assert epochs == [1, 2, 3]
    assert means == pytest.approx([1.5, 4, 6])


@pytest.mark.parametrize("means", [False, True])
def test_a_loss_plot_without_lines_is_still_a_picture(run, means):
    visualiser.LossPlot(PANELS, means).write([], run.losses)
    with Image.open(run.losses) as plot:
        plot.load()


def test_more_panels_make_a_taller_picture(run):
    heights = []
    for panels in (PANELS[:1], PANELS):
        visualiser.LossPlot(panels, False).write(LINES, run.losses)
        with Image.open(run.losses) as plot:
            heights.append(plot.height)
    assert heights[1] > heights[0]
