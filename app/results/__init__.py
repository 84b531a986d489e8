"""Results: theta becomes a percentile rank under the norm version that was pinned when the sitting started."""
