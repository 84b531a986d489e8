"""Kinds of options that commands of several contexts take."""

from __future__ import annotations

import click

HOW_MANY = click.IntRange(1, 1_000_000)  # rows of a list: more no terminal shows, and much more no database counts
