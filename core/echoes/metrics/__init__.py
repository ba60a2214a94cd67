"""Every metric of the server, declared once; the code that counts imports it from here. `docs/metrics.md` lists them.

Labels are words from fixed vocabularies: never an id, a channel, a name or text from a client. `worker` is the place of a worker on its
host, from 0. Gauges are those of the running workers; counters and histograms also keep the values of dead workers.

With `PROMETHEUS_MULTIPROC_DIR` in the environment before this is imported, values live in files there, one set per process, which
`echoes.metrics.host` adds up. `echoes.metrics.files` makes sure that a full disk kills no process, `echoes.metrics.values` that counting is
cheap: in the thread of the event loop only.
"""

import os

from prometheus_client import Counter, Gauge, Histogram, disable_created_metrics

from echoes.metrics import values as _values  # noqa: F401 - before the first metric is declared
from echoes.settings import SLOT

disable_created_metrics()  # type: ignore[no-untyped-call] # they would double the number of series, and tell only when a worker first counted something

WORKER = os.environ.get(SLOT, "0") if os.environ.get(SLOT, "0").isdecimal() else "0"
"""This process's place on its host: the value of the label `worker`."""

PATIENCE = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
COARSE = (0.001, 0.005, 0.025, 0.1, 0.5, 2.5)


def _sum(name: str, description: str, *labels: str) -> Gauge:
    """Declare a gauge that is summed over workers: each sets its own share."""
    return Gauge(name, description, ["worker", *labels], multiprocess_mode="livesum")


def _most(name: str, description: str, *labels: str) -> Gauge:
    """Declare a gauge that is not summed: of several processes with the same labels, the greatest value counts."""
    return Gauge(name, description, labels, multiprocess_mode="livemax")


def _latest(name: str, description: str, *labels: str) -> Gauge:
    """Declare a gauge that one worker at a time measures for all: of several values with the same labels, the latest counts."""
    return Gauge(name, description, labels, multiprocess_mode="livemostrecent")


# ── connections ──────────────────────────────────────────────────────────────────────────────────────────────────────

CONNECTIONS = _sum("echoes_connections", "Open WebSocket connections, with or without a hello.")
PLAYERS = _sum("echoes_players", "Characters that are played through this worker.")
OPENED = Counter("echoes_connections_opened_total", "WebSocket connections that were accepted.")
CLOSED = Counter("echoes_connections_closed_total", "WebSocket connections that ended, by the reason of the end.", ["reason"])
FAILED = Counter("echoes_connection_failures_total", "WebSocket connections that ended before their welcome.", ["reason"])
TURNED_AWAY = Counter("echoes_turned_away_total", "Connections and requests that were refused or cut before they were processed.", ["reason"])  # fmt: skip
SIGN_INS = Counter("echoes_sign_ins_total", "Password checks for signing in, registering or changing a password.", ["outcome"])
WELCOMES = Counter("echoes_welcomes_total", "Players that got a welcome.")
RECONNECTS = Counter("echoes_reconnects_total", "Players that reconnected with a position; recovered: history had all the events that they had missed.", ["recovered"])  # fmt: skip

# ── commands ─────────────────────────────────────────────────────────────────────────────────────────────────────────

COMMANDS = Counter("echoes_commands_total", "Commands that were answered, over WebSocket and HTTP.", ["command", "outcome"])
COMMAND_SECONDS = Histogram("echoes_command_seconds", "Seconds from the arrival of a command to its reply, queueing included.", ["family"], buckets=PATIENCE)  # fmt: skip

FACTS = Counter("echoes_facts_total", "Domain events that commands and timers committed, by type.", ["type"])
SCRAP = Counter("echoes_scrap_total", "Scrap (money) that commands and timers brought into the game or took out of it.", ["direction"])

# ── data sent to clients ────────────────────────────────────────────────────────────────────────────────────────────────

PUBLISHED = Counter("echoes_messages_published_total", "Messages handed to broadcast, repeated ones included.", ["channel"])
DELIVERED = Counter("echoes_events_delivered_total", "Live events handed to clients, one for each client.", ["channel"])
RECOVERED = Counter("echoes_events_recovered_total", "Missed events handed to reconnected clients, one for each client.", ["channel"])
DELIVERY_SECONDS = Histogram("echoes_delivery_seconds", "Seconds from the creation of a message, before its commit, to its delivery to the clients of a worker.", ["channel"], buckets=PATIENCE)  # fmt: skip
GAPS = Counter("echoes_gaps_total", "Gaps in a channel that history could not fill.", ["channel"])
SNAPSHOTS = Counter("echoes_snapshots_sent_total", "Snapshots sent to clients.", ["reason"])
FEEDS = _sum("echoes_feeds", "Channels that a worker is subscribed to.", "channel")
SUBSCRIBERS = _sum("echoes_subscribers", "Players subscribed to channels; a player counts once for each channel.", "channel")
UNSENT_BYTES = _sum("echoes_unsent_bytes", "Bytes in the send queues and transports of all clients.")
LARGEST_UNSENT_BYTES = _most("echoes_unsent_largest_bytes", "Unsent bytes of the slowest client.", "worker")

# ── PostgreSQL ───────────────────────────────────────────────────────────────────────────────────────────────────────

QUERY_SECONDS = Histogram("echoes_query_seconds", "Seconds that PostgreSQL took for a query or a whole transaction, without the wait for a connection.", ["purpose"], buckets=COARSE)  # fmt: skip
QUERY_FAILURES = Counter("echoes_query_failures_total", "Queries that PostgreSQL did not answer in time.", ["purpose"])
SLOW_QUERIES = Counter("echoes_slow_queries_total", "Queries that took longer than ECHOES_SLOW_QUERY_SECONDS.", ["purpose"])
POOL_CONNECTIONS = _sum("echoes_pool_connections", "PostgreSQL connections in the pool.", "state")
POOL_WAIT_SECONDS = Histogram("echoes_pool_wait_seconds", "Seconds that a query waited for a connection from the pool.", buckets=COARSE)
WORLD_LOCK = _most("echoes_world_lock_held", "1 while the worker holds the world lock and may write, else 0.", "worker")

# ── facilities and cache ─────────────────────────────────────────────────────────────────────────────────────────────

FACILITY_SECONDS = Histogram("echoes_facility_seconds", "Seconds of a facility call, failed calls included.", ["facility", "operation"], buckets=COARSE)  # fmt: skip
FACILITY_ERRORS = Counter("echoes_facility_errors_total", "Facility calls that ended with an error.", ["facility", "kind"])
BREAKER = _most(
    "echoes_breaker",
    "1 for the current state of a backend's circuit breaker, 0 for its other states.",
    "worker",
    "backend",
    "state",
)
CACHE_READS = Counter("echoes_cache_reads_total", "Reads of cached kinds, by result and by rollout arm.", ["kind", "result", "arm"])  # fmt: skip
CACHE_EVICTIONS = Counter("echoes_cache_evictions_total", "Values that a worker evicted from its own memory to make room.", ["kind"])
CACHE_REFUSED = Counter("echoes_cache_writes_refused_total", "Writes that the cache refused because it held a newer version.", ["kind"])

# ── background work ──────────────────────────────────────────────────────────────────────────────────────────────────

TASK_RUNS = Counter("echoes_task_runs_total", "Runs of a background task; taken: another worker held the lease.", ["task", "outcome"])
TASK_SECONDS = Histogram("echoes_task_seconds", "Seconds of one run of a background task.", ["task"], buckets=COARSE)
TASK_INTERVAL = _most("echoes_task_interval_seconds", "Seconds between two runs of a background task.", "task")
TASK_DONE = _most(
    "echoes_task_done_timestamp_seconds", "Unix time of the last run of a background task that ended without an error.", "task"
)
TASK_HOLDER = _most(
    "echoes_task_holder",
    "1 when the worker's last try got the lease of a background task, 0 when another worker held it.",
    "worker",
    "task",
)
TIMERS = Counter("echoes_timers_total", "Timers that were due, by outcome.", ["kind", "outcome"])  # fmt: skip
TIMER_LATENESS = Histogram("echoes_timer_lateness_seconds", "Seconds between the time a timer was due and the time it happened.", ["kind"], buckets=COARSE)  # fmt: skip
TIMERS_ARMED = _latest("echoes_timers_armed", "Armed timers of a kind.", "kind")
TIMERS_OVERDUE_SECONDS = _latest(
    "echoes_timers_overdue_seconds", "Seconds that the latest timer of a kind is overdue; 0 when none is.", "kind"
)
TIMERS_FAILING = _latest("echoes_timers_failing", "Timers of a kind whose rule failed when it ran last.", "kind")
TIMER_PARTS = _most("echoes_timer_parts", "Parts of the timers, of 16, that the worker holds.", "worker")
OBSERVED = Counter("echoes_facts_observed_total", "Facts handed to an observer, by outcome.", ["observer", "outcome"])  # fmt: skip
TABLE_ROWS = _latest("echoes_table_rows", "Rows of a table, as PostgreSQL estimates them.", "table")
TABLE_BYTES = _latest("echoes_table_bytes", "Bytes of a table and its indexes on disk.", "table")
TABLE_AGE_SECONDS = _latest(
    "echoes_table_oldest_seconds", "Age of the oldest row of a table that has a retention time; 0 when the table is empty.", "table"
)
TABLE_KEPT_SECONDS = _latest(
    "echoes_table_kept_seconds", "Retention time of a table whose rows are removed by age alone; 0 keeps rows for ever.", "table"
)
RETENTION_ROWS = Counter("echoes_retention_rows_total", "Rows that retention removed or rolled up.", ["rule"])
OUTBOX_WAITING = _sum("echoes_outbox_waiting", "Commands whose events are published and not yet marked so in PostgreSQL.")
OUTBOX_SWEPT = Counter(
    "echoes_outbox_swept_total", "Commands whose events the sweep published, because the worker that committed them had not."
)
OUTBOX_GIVEN_UP = Counter("echoes_outbox_given_up_total", "Messages dropped because broadcast refused them repeatedly while it accepted others.")  # fmt: skip

# ── the worker ───────────────────────────────────────────────────────────────────────────────────────────────────────

READINESS = _most("echoes_readiness", "1 for the current status in /health/ready, 0 for the others.", "worker", "status")
STARTED = _most("echoes_worker_start_timestamp_seconds", "Unix time at which the worker started.", "worker")
LOOP_DELAY_SECONDS = _most(
    "echoes_loop_delay_seconds",
    "Seconds that the event loop was late at the last sampling; all other work of the worker waited as long.",
    "worker",
)
GARBAGE_SECONDS = Histogram(
    "echoes_garbage_seconds", "Seconds that a run of Python's garbage collector stopped a worker.", buckets=PATIENCE
)
CPU_SECONDS = Counter("echoes_worker_cpu_seconds_total", "Seconds of CPU that the worker process used.", ["worker"])
MEMORY_BYTES = _sum("echoes_worker_memory_bytes", "Resident memory of the worker process.")
DATA_FOLDER_FREE_BYTES = _most(
    "echoes_data_folder_free_bytes", "Free bytes in the file system of ECHOES_DATA_DIR; 0 when they cannot be read."
)
CRASHES = Counter(
    "echoes_crashes_total", "Work that a bug ended, besides commands and background tasks, by the place of the bug.", ["place"]
)
WORKERS_ENDED = Counter(
    "echoes_workers_ended_total", "Workers that ended without an order to stop, counted by their supervisor.", ["reason"]
)
