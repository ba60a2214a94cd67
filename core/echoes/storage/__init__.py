"""PostgreSQL: the only truth. `pool` connects, `migrations` shape it, `worldlock` guards it, the others are its questions and its one way of changing."""
