"""PostgreSQL: the only truth. `pool` connects, `migrations` shape it, `world_lock` guards it, the others are its questions and its one way of changing."""
