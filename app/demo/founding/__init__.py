"""A founding phase, played through the real use cases by simulated people: from an author's key to a first specimen."""
