"""Command-line options made from the fields of frozen dataclasses.

A field becomes an option by its default: `epochs: int = option(10, "epochs to train", low=1)` gives
`--epochs`.
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Callable, Collection, Mapping
from typing import Any, NoReturn, TypeVar

from ms_gan.errors import GanError, UsageError

Record = TypeVar("Record")  # a frozen dataclass with options
What = Mapping[str, Any]  # what `option` was given


def option(default: Any, help: str, kind: type | None = None, **limits: Any) -> Any:
    """A dataclass field that is also a command-line option.

    Args:
        default: the value where the user doesn't give one.
        help: what `--help` says.
        kind: the value's type, where the default is None.
        limits: `low` and `high`, the inclusive bounds of a number; `choices`, the allowed values;
          `anytime=True` where a resumed run may change it, as it doesn't alter the maths.
    """
    what = {"low": None, "high": None, "choices": None, "anytime": False, **limits}
    what.update(help=help, kind=kind or type(default))
    return dataclasses.field(default=default, metadata={"option": what})


def options_of(record: Any) -> dict[str, What]:
    """The fields of a dataclass (or of an instance) that are options, {name: what each is}."""
    return {
        field.name: field.metadata["option"]
        for field in dataclasses.fields(record)
        if "option" in field.metadata
    }


def values_of(record: Any) -> dict[str, Any]:
    """The values of an instance's options, {name: value}. JSON can hold them."""
    return {name: getattr(record, name) for name in options_of(record)}


def flag_of(name: str) -> str:
    """How an option is typed: "--batch-size" for batch_size."""
    return "--" + name.replace("_", "-")


def typed(values: Mapping[str, Any]) -> list[str]:
    """Options as the command line has them, ["--epochs", "10", "--no-cache"].

    Those without a value are left out.
    """
    words = []
    for name, value in values.items():
        if isinstance(value, bool):
            words.append(flag_of(name if value else f"no_{name}"))
        elif value is not None:
            words += [flag_of(name), str(value)]
    return words


def with_values(record: Record, values: Mapping[str, Any], where: object) -> Record:
    """`record` with other values of its options, which the command line would take as well.

    Args:
        record: a dataclass instance with options.
        values: {name: value}.
        where: where the values are from, as messages call it.

    Raises:
        GanError: there is no such option, or it doesn't take such a value.
    """
    known = options_of(record)
    for name, value in values.items():
        if name not in known:
            raise GanError(
                f"{where}: holds an option {name!r} that {type(record).__name__} doesn't have; "
                "another version of ms_gan may have written it"
            )
        if not _takes(known[name], value, getattr(record, name)):
            raise GanError(f"{where}: {name} is {value!r}, which {flag_of(name)} wouldn't take")
    return dataclasses.replace(record, **values)  # type: ignore[type-var]


def add_options(
    parser: argparse.ArgumentParser, record: Any, title: str, without: Collection[str] = ()
) -> None:
    """Give `parser` an option for each of `record`'s, `without` some.

    What the user doesn't type isn't in the namespace.
    """
    group = parser.add_argument_group(title)
    for name, what in options_of(record).items():
        if name in without:
            continue
        flag, default = flag_of(name), getattr(record, name)
        if what["kind"] is bool:
            switch = group.add_argument(
                flag, dest=name, action=argparse.BooleanOptionalAction, default=argparse.SUPPRESS
            )
            # Not as an argument: Python 3.9 would add the default, "==SUPPRESS==", to it.
            switch.help = f"{what['help']} (default {'yes' if default else 'no'})"
            continue
        group.add_argument(
            flag,
            dest=name,
            type=_reader(what),
            choices=what["choices"],
            help=what["help"] + ("" if default is None else f" (default {default})"),
            default=argparse.SUPPRESS,
        )


class Parser(argparse.ArgumentParser):
    """An argument parser that never guesses abbreviations, and says what is wrong in one line."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(allow_abbrev=False, **kwargs)

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message} (--help lists the options)")


def number(kind: type, low: float | None = None, high: float | None = None) -> Callable[[str], Any]:
    """A reader of `kind` (int or float) for argparse, held to inclusive bounds."""

    def read(text: str) -> Any:
        try:
            value = kind(text)
        except ValueError:
            noun = {int: "a whole number", float: "a number"}[kind]
            raise argparse.ArgumentTypeError(f"{text!r} is not {noun}") from None
        if (low is not None and not value >= low) or (high is not None and not value <= high):
            bounds = f"from {low} to {high}" if high is not None else f"of {low} or more"
            raise argparse.ArgumentTypeError(f"{text} is out of range, expected a value {bounds}")
        return value

    return read


def path(text: str) -> str:
    """A reader of paths and addresses for argparse. An empty one would be the working folder."""
    if not text:
        raise argparse.ArgumentTypeError("'' is empty; leave the option out to have its default")
    return text


def _reader(what: What) -> Callable[[str], Any]:
    return path if what["kind"] is str else number(what["kind"], what["low"], what["high"])


def _takes(what: What, value: Any, default: Any) -> bool:
    """Whether an option takes a value that isn't text from the command line."""
    if type(value) is type(default) and value == default:  # True == 1, but isn't a number of epochs
        return True
    if what["kind"] is bool:
        return isinstance(value, bool)
    try:
        fits = _reader(what)(str(value)) == value
    except argparse.ArgumentTypeError:
        return False
    return fits and (not what["choices"] or value in what["choices"])
