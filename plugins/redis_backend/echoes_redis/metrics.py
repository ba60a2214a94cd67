"""The metrics of this backend. Registered once per process, in prometheus_client's own registry; labels are never ids."""

from prometheus_client import Counter, Gauge, Histogram

FAST = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)

CONNECTION_FAILURES = Counter("echoes_redis_connection_failures", "Attempts to connect to Redis that failed.", ["role"])
RECONNECTS = Counter("echoes_redis_reconnects", "Connections to Redis that were re-established after a loss.", ["role"])
COMMAND_FAILURES = Counter("echoes_redis_command_failures", "Calls to Redis that failed because it was unavailable.", ["role"])
CONNECTED = Gauge("echoes_redis_connected", "1 while the worker is connected to Redis, else 0.", ["role"], multiprocess_mode="livemin")
PENDING = Gauge("echoes_redis_pending_commands", "Calls to Redis that wait for a reply.", ["role"], multiprocess_mode="livesum")

PUBLISHED = Counter("echoes_redis_messages_published", "Messages that Redis accepted and numbered.")
RECEIVED = Counter("echoes_redis_messages_received", "Messages that arrived over pub/sub.")
DELIVERED = Counter("echoes_redis_messages_delivered", "Messages delivered to subscribers in this worker.")
HOLES = Counter("echoes_redis_holes_filled", "Messages read from history because pub/sub had not delivered them.")
GAPS = Counter("echoes_redis_gaps", "Gaps reported to subscribers.")
REPUBLISHED = Counter("echoes_redis_messages_republished", "Messages published again because Redis had lost them in a restart or failover.")
DUPLICATES = Counter(
    "echoes_redis_duplicates_dropped", "Republished messages that were dropped because this worker had delivered them before."
)
FOREIGN = Counter("echoes_redis_foreign_messages", "Messages on the server's channels that another program published.")

PUBLISH_SECONDS = Histogram("echoes_redis_publish_seconds", "Seconds from a publish to its answer.", buckets=FAST)
DELIVERY_SECONDS = Histogram(
    "echoes_redis_delivery_seconds", "Seconds from the publish of a probe to its arrival in the same worker.", buckets=FAST
)

MEMORY = Gauge(
    "echoes_redis_memory_used_bytes", "Bytes of memory that Redis reports as used.", ["role"], multiprocess_mode="livemostrecent"
)
EVICTED = Gauge(
    "echoes_redis_evicted_keys",
    "Keys that Redis has evicted since its start because memory was short.",
    ["role"],
    multiprocess_mode="livemostrecent",
)
KEYS = Gauge("echoes_redis_keys", "Keys by pattern, estimated from a sample.", ["role", "pattern"], multiprocess_mode="livemostrecent")
