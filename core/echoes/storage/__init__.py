"""PostgreSQL, the only source of truth.

`pool` connects, `migrations` make the schema, `world_lock` keeps a second world out. The other modules hold the queries, and the one way in
which the data changes.
"""
