"""Tests of the pages that read several contexts."""
