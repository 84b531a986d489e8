"""A public log of what the issuer did: anyone can keep it, and nobody can change it unseen."""
