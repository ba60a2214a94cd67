"""This server at its edges; `__main__` says how it is run."""
