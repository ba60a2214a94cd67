"""An example plugin: locks in a SQLite file, and a die to roll."""
