"""Command-line options made from the fields of frozen dataclasses.

A field becomes an option by its default: `epochs: int = option(10, "epochs to train", low=1)` gives
`--epochs`.
"""

import argparse
import dataclasses
import shlex
import sys

from ms_gan.errors import GanError, UsageError


def option(default, help, low=None, high=None, choices=None, kind=None, anytime=False):
    """A dataclass field that is also a command-line option.

    low, high: inclusive bounds of a number; choices: the allowed values; kind: the value's type,
    where the default is None; anytime: whether a resumed run may change it (it doesn't alter the
    maths).
    """
    kind = kind or type(default)
    return dataclasses.field(
        default=default,
        metadata={
            "option": {
                "help": help,
                "low": low,
                "high": high,
                "choices": choices,
                "kind": kind,
                "anytime": anytime,
            }
        },
    )


def options_of(record):
    """The fields of a dataclass (or of an instance) that are options, as {name: what `option` was
    given}.
    """
    return {
        field.name: field.metadata["option"]
        for field in dataclasses.fields(record)
        if "option" in field.metadata
    }


def values_of(record):
    """The values of an instance's options, as {name: value}; JSON can hold them."""
    return {name: getattr(record, name) for name in options_of(record)}


def flag_of(name):
    """How an option is typed: "--batch-size" for batch_size."""
    return "--" + name.replace("_", "-")


def with_values(record, values, where):
    """`record` with the options in `values` ({name: value}, read from a file that messages call
    `where`).

    Raises GanError for an option that `record` doesn't have, or a value that the command line
    wouldn't take.
    """
    known = options_of(record)
    for name, value in values.items():
        if name not in known:
            raise GanError(
                f"{where}: holds an option {name!r} that {type(record).__name__} doesn't have; "
                "another version of ms_gan may have written it"
            )
        what, own = known[name], getattr(record, name)
        if type(value) is type(own) and value == own:  # True == 1, but isn't a number of epochs
            continue
        try:
            fits = (
                isinstance(value, bool)
                if what["kind"] is bool
                else _reader(what)(str(value)) == value
            )
        except argparse.ArgumentTypeError:
            fits = False
        if not fits or (what["choices"] and value not in what["choices"]):
            raise GanError(f"{where}: {name} is {value!r}, which {flag_of(name)} wouldn't take")
    return dataclasses.replace(record, **values)


def add_options(parser, record, title):
    """Give `parser` an option for each field of `record`; what the user doesn't type isn't in the
    namespace.
    """
    group = parser.add_argument_group(title)
    for name, what in options_of(record).items():
        flag = flag_of(name)
        default = getattr(record, name)
        text = what["help"] + ("" if default is None else f" (default {default})")
        if what["kind"] is bool:
            group.add_argument(
                flag if not default else "--no-" + flag[2:],
                dest=name,
                help=what["help"],
                action="store_const",
                const=not default,
                default=argparse.SUPPRESS,
            )
        else:
            group.add_argument(
                flag,
                dest=name,
                type=_reader(what),
                choices=what["choices"],
                help=text,
                default=argparse.SUPPRESS,
            )


class Parser(argparse.ArgumentParser):
    """An argument parser that never guesses abbreviations, and says what is wrong in one line."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, allow_abbrev=False, **kwargs)

    def error(self, message):
        raise UsageError(f"{message} (--help lists the options)")


def number(kind, low=None, high=None):
    """A reader of `kind` (int, float or str) for argparse that holds numbers to the inclusive
    bounds.
    """

    def read(text):
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


def typed(argv):
    """The command line as the user would type it again, for messages and `options.json`."""
    return shlex.join(sys.argv[1:] if argv is None else argv)


def _reader(what):
    return number(what["kind"], what["low"], what["high"])
