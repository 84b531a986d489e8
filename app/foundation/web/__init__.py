"""The web edge shared by all contexts.

It alone knows status codes, and it alone (with views and the factory) knows Flask.
"""
