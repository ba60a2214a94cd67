"""What players do: `service` runs a command, `scene` is what it sees, `deed` what it does; the other modules are families of commands."""
