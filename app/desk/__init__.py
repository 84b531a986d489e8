"""Desk pages that read several contexts: how far each skill is from its first real certificate."""
