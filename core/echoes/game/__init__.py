"""Logic of the game: `service` runs a command, `scene` is its view of the world, `deed` its unit of work; `commands` has the families."""
