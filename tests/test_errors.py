import signal

import pytest

from ms_gan.errors import GanError, UsageError, run_command


@pytest.fixture(autouse=True)
def own_handler():
    """`run_command` handles SIGTERM from then on; the test process gets its own handler back."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


def raising(error):
    def command(argv):
        raise error

    return command


@pytest.mark.parametrize("returned, status", [(None, 0), (0, 0), (130, 130)])
def test_a_command_that_ends_well_gives_its_own_status_and_says_nothing(capsys, returned, status):
    assert run_command("x", lambda argv: returned) == status
    assert capsys.readouterr() == ("", "")


def test_a_command_gets_its_arguments():
    seen = []
    run_command("x", seen.append, ["faces", "--lr", "1"])
    assert seen == [["faces", "--lr", "1"]]


@pytest.mark.parametrize(
    "error, status, said",
    [
        (GanError("no images"), 1, "x: error: no images"),
        (UsageError("which recipe?"), 2, "x: error: which recipe?"),
        (GanError("one\n  two\n\nthree"), 1, "x: error: one two three"),
        (
            FileNotFoundError(2, "No such file or directory", "a b.ckpt"),
            1,
            "x: error: a b.ckpt: No such file or directory",
        ),
        (OSError(28, "No space left on device"), 1, "x: error: No space left on device"),
        (OSError("cannot write mode RGBA"), 1, "x: error: cannot write mode RGBA"),
        (KeyboardInterrupt(), 130, "x: stopped"),
    ],
)
def test_a_failure_is_one_line_and_a_status(capsys, error, status, said):
    assert run_command("x", raising(error)) == status
    assert capsys.readouterr() == ("", said + "\n")


def test_a_bug_is_not_hidden():
    with pytest.raises(ZeroDivisionError):
        run_command("x", lambda argv: 1 / 0)


def test_sigterm_ends_a_command_with_its_status_after_cleaning_up():
    cleaned = []

    def command(argv):
        try:
            signal.raise_signal(signal.SIGTERM)
        finally:
            cleaned.append(True)

    with pytest.raises(SystemExit) as ended:
        run_command("x", command)
    assert ended.value.code == 143
    assert cleaned
