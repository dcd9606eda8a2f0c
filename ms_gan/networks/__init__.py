"""Generators and discriminators.

Each is an `nn.Cell` that knows its own sizes and nothing of data or training.
"""
