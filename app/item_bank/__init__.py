"""Item bank: skills, the items that ask about them, immutable releases of them, and calibrations of those."""
