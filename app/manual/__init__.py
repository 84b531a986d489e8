"""The technical manual: what scores mean, for whom, how precisely, and what nobody has shown yet."""
