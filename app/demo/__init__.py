"""The demonstration: simulated people behind a demo norm, and some with whole lives. Every face of it says so."""
