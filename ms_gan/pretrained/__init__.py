"""Trained generators that come with the package: see README.md beside this file."""

from pathlib import Path

FACES = Path(__file__).with_name("faces-plus.ckpt")
