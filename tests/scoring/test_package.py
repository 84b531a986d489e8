"""`import scoring` is cheap: the web process imports it and must not pay for a calibration's libraries."""

import subprocess
import sys

import pytest

import scoring

HEAVY = ("scipy", "numba", "pandas", "dask")


def test_importing_scoring_loads_numpy_alone() -> None:
    program = f"import sys, scoring; print(*[name for name in {HEAVY} if name in sys.modules])"

    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert loaded.stdout.split() == []


@pytest.mark.parametrize("name", scoring.__all__)
def test_every_public_name_can_be_had(name) -> None:
    assert getattr(scoring, name) is not None


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'theta_by_magic'"):
        _ = scoring.theta_by_magic
