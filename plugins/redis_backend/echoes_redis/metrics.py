"""What this backend counts. Registered once per process, on prometheus_client's own registry; labels are never ids."""

from prometheus_client import Counter, Gauge, Histogram

FAST = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)

CONNECTION_FAILURES = Counter("echoes_redis_connection_failures", "Attempts to connect that failed.", ["role"])
RECONNECTS = Counter("echoes_redis_reconnects", "Connections made anew after a loss.", ["role"])
COMMAND_FAILURES = Counter("echoes_redis_command_failures", "Calls that ended as unavailable.", ["role"])
CONNECTED = Gauge("echoes_redis_connected", "1 while connected.", ["role"], multiprocess_mode="livemin")
PENDING = Gauge("echoes_redis_pending_commands", "Calls under way.", ["role"], multiprocess_mode="livesum")

PUBLISHED = Counter("echoes_redis_messages_published", "Messages that got a position.")
RECEIVED = Counter("echoes_redis_messages_received", "Messages that came over pub/sub.")
DELIVERED = Counter("echoes_redis_messages_delivered", "Messages handed to subscribers of this worker.")
HOLES = Counter("echoes_redis_holes_filled", "Messages taken from history because pub/sub had not brought them.")
GAPS = Counter("echoes_redis_gaps", "Gaps said to subscribers.")
REPUBLISHED = Counter("echoes_redis_messages_republished", "Messages published again because Redis came back as another.")
DUPLICATES = Counter("echoes_redis_duplicates_dropped", "Messages not delivered because they had been, before Redis came back as another.")
FOREIGN = Counter("echoes_redis_foreign_messages", "Messages on our channels that are not ours.")

PUBLISH_SECONDS = Histogram("echoes_redis_publish_seconds", "From the call of publish to its answer.", buckets=FAST)
DELIVERY_SECONDS = Histogram("echoes_redis_delivery_seconds", "From a probe's publish to its arrival here.", buckets=FAST)

MEMORY = Gauge("echoes_redis_memory_used_bytes", "What Redis says it uses.", ["role"], multiprocess_mode="livemostrecent")
EVICTED = Gauge(
    "echoes_redis_evicted_keys",
    "Keys that this Redis has evicted since it started, for want of memory.",
    ["role"],
    multiprocess_mode="livemostrecent",
)
KEYS = Gauge("echoes_redis_keys", "Keys by pattern, estimated from a sample.", ["role", "pattern"], multiprocess_mode="livemostrecent")
