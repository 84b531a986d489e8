"""Paths as the command line is given them."""

from __future__ import annotations

import os
from typing import Any

import click


class GivenPath(click.Path):
    """A path that says something: an empty one, of a variable that was never set, would mean where we stand."""

    def convert(self, value: str | os.PathLike[str], param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path; an empty one is wrong usage."""
        if not os.fspath(value):
            self.fail(f"The name of the {self.name} is empty; give one.", param, ctx)
        return super().convert(value, param, ctx)
