"""Tests in a real browser, Debian's Chromium: what people see, reach and hear."""
