import dataclasses
from argparse import ArgumentTypeError
from dataclasses import dataclass

import pytest

from ms_gan.errors import GanError, UsageError
from ms_gan.options import (
    Parser,
    add_options,
    number,
    option,
    options_of,
    typed,
    values_of,
    with_values,
)


@dataclass(frozen=True)
class Record:
    name: str = "not an option"
    epochs: int = option(10, "passes", low=1, high=100, anytime=True)
    one: int = option(1, "a number that equals True", low=0)
    lr: float = option(0.5, "rate", low=0.0, high=1.0)
    free: float = option(0.0, "any number")
    image_size: int = option(64, "side", choices=(32, 64))
    steps: int = option(None, "end", kind=int, low=1)
    data: str = option(None, "folder", kind=str)
    stand_in: bool = option(True, "fail instead")
    verbose: bool = option(False, "say more")


def parsed(*argv):
    parser = Parser(prog="x")
    add_options(parser, Record(), "options")
    return vars(parser.parse_args(argv))


def test_only_fields_made_by_option_are_options_in_order():
    assert list(options_of(Record)) == [
        "epochs",
        "one",
        "lr",
        "free",
        "image_size",
        "steps",
        "data",
        "stand_in",
        "verbose",
    ]
    assert options_of(Record())["epochs"] == {
        "help": "passes",
        "low": 1,
        "high": 100,
        "choices": None,
        "kind": int,
        "anytime": True,
    }
    assert options_of(Record)["steps"]["kind"] is int
    assert not options_of(Record)["lr"]["anytime"]
    assert values_of(Record(epochs=3)) == {
        **dict.fromkeys(options_of(Record)),
        "epochs": 3,
        "one": 1,
        "lr": 0.5,
        "free": 0.0,
        "image_size": 64,
        "stand_in": True,
        "verbose": False,
    }


def test_what_is_not_typed_is_not_in_the_namespace():
    assert parsed() == {}


def test_typed_options_are_read_by_their_kind():
    given = parsed(
        "--epochs",
        "3",
        "--lr",
        "1e-3",
        "--image-size",
        "32",
        "--data",
        "a b",
        "--no-stand-in",
        "--verbose",
    )
    assert given == {
        "epochs": 3,
        "lr": 0.001,
        "image_size": 32,
        "data": "a b",
        "stand_in": False,
        "verbose": True,
    }
    assert type(given["epochs"]) is int


@pytest.mark.parametrize(
    "argv, said",
    [
        (["--epochs", "0"], "--epochs: 0 is out of range, expected a value from 1 to 100"),
        (["--epochs", "101"], "--epochs: 101 is out of range"),
        (["--epochs", "2.5"], "--epochs: '2.5' is not a whole number"),
        (["--steps", "0"], "--steps: 0 is out of range, expected a value of 1 or more"),
        (["--lr", "nan"], "--lr: nan is out of range"),
        (["--lr", "fast"], "--lr: 'fast' is not a number"),
        (["--image-size", "48"], "--image-size: invalid choice: 48"),
        (["--epoch", "3"], "unrecognized arguments: --epoch 3"),
        (["--no-stand"], "unrecognized arguments: --no-stand"),
    ],
)
def test_a_wrong_command_line_is_one_usage_error(argv, said):
    with pytest.raises(UsageError) as error:
        parsed(*argv)
    assert said in str(error.value)
    assert str(error.value).endswith("(--help lists the options)")


def test_the_help_tells_every_option_and_its_default(capsys):
    with pytest.raises(SystemExit):
        parsed("--help")
    said = capsys.readouterr().out
    assert "passes (default 10)" in said
    assert "--stand-in, --no-stand-in" in said
    assert "(default yes)" in said
    assert "None" not in said and "SUPPRESS" not in said


@pytest.mark.parametrize("text", ["1", "9"])
def test_bounds_are_inclusive(text):
    assert number(int, 1, 9)(text) == int(text)


@pytest.mark.parametrize("bounds", [{"low": 0}, {"low": 0, "high": 1}])
def test_nan_is_within_no_bounds(bounds):
    with pytest.raises(ArgumentTypeError, match="nan is out of range"):
        number(float, **bounds)("nan")


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"epochs": 100, "lr": 1},
        {"steps": None},
        {"steps": 7},
        {"data": "数据", "image_size": 32},
        {"stand_in": False, "verbose": True},
        {"free": -1e9},
        values_of(Record()),
    ],
)
def test_stored_values_that_the_command_line_would_take_are_taken(values):
    record = with_values(Record(), values, "options.json")
    assert record == dataclasses.replace(Record(), **values)


@pytest.mark.parametrize(
    "name, value",
    [
        ("epochs", 0),
        ("epochs", 101),
        ("epochs", 2.5),
        ("epochs", 10.0),
        ("epochs", "3"),
        ("epochs", True),
        ("epochs", None),
        ("epochs", [3]),
        ("epochs", {}),
        ("one", True),
        ("one", False),
        ("one", 1.0),
        ("lr", "0.5"),
        ("lr", float("nan")),
        ("free", float("nan")),
        ("free", False),
        ("lr", 1.1),
        ("lr", None),
        ("image_size", 48),
        ("image_size", 64.0),
        ("data", 5),
        ("data", ["a"]),
        ("stand_in", "yes"),
        ("stand_in", 1),
        ("stand_in", 0),
        ("stand_in", None),
        ("verbose", 0),
        ("steps", 0),
    ],
)
def test_stored_values_that_the_command_line_would_not_take_are_refused(name, value):
    with pytest.raises(GanError) as error:
        with_values(Record(), {name: value}, "run/options.json")
    assert str(error.value) == (
        f"run/options.json: {name} is {value!r}, which --{name.replace('_', '-')} wouldn't take"
    )


@pytest.mark.parametrize("name", ["momentum", "name"])
def test_a_stored_option_that_the_record_does_not_have_is_named(name):
    with pytest.raises(
        GanError, match=f"run/options.json: holds an option '{name}' that Record doesn't have"
    ):
        with_values(Record(), {name: "x"}, "run/options.json")


def test_values_are_typed_as_the_command_line_takes_them():
    values = {"data": "my faces", "image_size": 32, "stand_in": False, "verbose": True}
    words = typed(values)
    assert words == ["--data", "my faces", "--image-size", "32", "--no-stand-in", "--verbose"]
    assert parsed(*words) == values


def test_a_switch_can_be_typed_as_its_default_is():
    values = {"stand_in": True, "verbose": False}
    words = typed(values)
    assert words == ["--stand-in", "--no-verbose"]
    assert parsed(*words) == values
