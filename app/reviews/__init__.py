"""Reviews: a person asks about a result, another person looks at it and may change what came of it, with reasons."""
