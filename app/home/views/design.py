"""The design system on show: tokens with their contrast as measured, components, and every plot with its edge cases."""

from __future__ import annotations

from flask import render_template

from app.foundation import drawings
from app.home import contrast
from app.home.example import example_of_a_norm
from app.home.views.blueprint import bp

FALLING = [(x / 10, 1 / (1 + 2.718281828 ** (1.4 * x / 10))) for x in range(-30, 31)]
RISING = [(x, 1 - y) for x, y in FALLING]
PERIODS = [
    (f"{month:02d}", share, 10 - 2.4, 10 + 2.4)
    for month, share in enumerate((9.6, 10.4, 10.1, 9.2, 11.0, 9.9, 10.6, 10.2, 13.1, 10.3, 9.7, 10.0), start=1)
]


@bp.get("/design")
def design() -> str:
    """Tokens, contrast, type, icons and components."""
    light, dark = contrast.palettes()
    return render_template("design/system.html", light=light, dark=dark, measured=contrast.measured())


@bp.get("/design/plots")
def design_plots() -> str:
    """Every plot as it is used, then empty, with one point, with huge and with negative figures."""
    return render_template(
        "design/plots.html",
        example=example_of_a_norm(),
        empty=drawings.distribution([], 1.28),
        one=drawings.distribution([(0.4, 1.0)], 0.2),
        far=drawings.distribution([(x * 1e5, y) for x, y in RISING[::3]], 2e5),
        facets=drawings.bars(
            [("A", -0.4, 0.3, 1.0), ("B", 0.2, 0.9, 1.6), ("C", -1.3, -0.6, 0.1)], middle=0.0, scale=(-3, 3)
        ),
        one_bar=drawings.bars([("A", 2.0, 2.0, 2.0)]),
        no_bars=drawings.bars([]),
        curves=drawings.curves([("1", FALLING), ("2", RISING)], mark=1.28),
        negative=drawings.curves([("1", [(x, -40_000 * y) for x, y in RISING])]),
        no_curves=drawings.curves([]),
        control=drawings.control_chart(PERIODS, 10.0),
        one_period=drawings.control_chart([("01", 12.0, 8.0, 11.0)], 10.0),
        no_periods=drawings.control_chart([], 10.0),
        funnel=drawings.funnel([("1", 240), ("2", 198), ("3", 171), ("4", 18)]),
        no_funnel=drawings.funnel([]),
        zero_funnel=drawings.funnel([("1", 0), ("2", 0)]),
        huge_funnel=drawings.funnel([("1", 9_800_000), ("2", 12)]),
    )
