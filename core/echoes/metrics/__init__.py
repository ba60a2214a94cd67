"""Every metric of the server, declared once; whoever counts something imports it from here. `docs/metrics.md` lists them.

Labels are words from fixed vocabularies: never an id, a channel, a name or anything that a client sent. `worker` is the place of a worker
on its host, from 0. Gauges are those of the workers that live; counters and histograms also keep what dead workers have counted. With
`PROMETHEUS_MULTIPROC_DIR` in the environment before this is imported, values live in files there, one set a process, which
`echoes.metrics.host` adds up; `echoes.metrics.files` sees to it that a full disk kills nobody who counts.
"""

import os

from prometheus_client import Counter, Gauge, Histogram, disable_created_metrics

from echoes.metrics import files as _files  # noqa: F401 - before the first metric is declared
from echoes.settings import SLOT

disable_created_metrics()  # type: ignore[no-untyped-call] # they would double the number of series, and tell only when a worker first counted something

WORKER = os.environ.get(SLOT, "0") if os.environ.get(SLOT, "0").isdecimal() else "0"
"""This process's place on its host, as the label `worker` has it."""

PATIENCE = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
COARSE = (0.001, 0.005, 0.025, 0.1, 0.5, 2.5)


def _sum(name: str, tells: str, *labels: str) -> Gauge:
    """What can be added up over workers: each sets its own share."""
    return Gauge(name, tells, ["worker", *labels], multiprocess_mode="livesum")


def _most(name: str, tells: str, *labels: str) -> Gauge:
    """What is not added up: when several processes say something under the same labels, the greatest counts."""
    return Gauge(name, tells, labels, multiprocess_mode="livemax")


def _latest(name: str, tells: str, *labels: str) -> Gauge:
    """What one worker at a time finds out for all: when several have said something under the same labels, the last word counts."""
    return Gauge(name, tells, labels, multiprocess_mode="livemostrecent")


# ── connections ──────────────────────────────────────────────────────────────────────────────────────────────────────

CONNECTIONS = _sum("echoes_connections", "Open WebSocket connections, whether or not they have said hello.")
PLAYERS = _sum("echoes_players", "Characters played through this worker.")
OPENED = Counter("echoes_connections_opened_total", "WebSocket connections accepted.")
CLOSED = Counter("echoes_connections_closed_total", "WebSocket connections that ended, by who or what ended them.", ["reason"])
FAILED = Counter("echoes_connection_failures_total", "Connections that ended before their welcome.", ["reason"])
TURNED_AWAY = Counter("echoes_turned_away_total", "Connections and requests that were refused or cut before anybody looked at what they want.", ["reason"])  # fmt: skip
SIGN_INS = Counter("echoes_sign_ins_total", "Passwords that were asked about, to sign in or to be changed.", ["outcome"])
WELCOMES = Counter("echoes_welcomes_total", "Players let in.")
RECONNECTS = Counter("echoes_reconnects_total", "Players let in who said where they had been; recovered: all that they missed could be told.", ["recovered"])  # fmt: skip

# ── commands ─────────────────────────────────────────────────────────────────────────────────────────────────────────

COMMANDS = Counter("echoes_commands_total", "Commands answered, over WebSocket and HTTP.", ["command", "outcome"])
COMMAND_SECONDS = Histogram("echoes_command_seconds", "From a command's arrival to its reply, waiting for its turn included.", ["family"], buckets=PATIENCE)  # fmt: skip

# ── what goes out to clients ─────────────────────────────────────────────────────────────────────────────────────────

PUBLISHED = Counter("echoes_messages_published_total", "Messages given to broadcast, repetitions included.", ["channel"])
DELIVERED = Counter("echoes_events_delivered_total", "Events handed to clients as they happened, one for each client.", ["channel"])
RECOVERED = Counter("echoes_events_recovered_total", "Events told to clients afterwards, which they had missed.", ["channel"])
DELIVERY_SECONDS = Histogram("echoes_delivery_seconds", "From the making of a message, before its commit, to handing it to the clients of a worker.", ["channel"], buckets=PATIENCE)  # fmt: skip
GAPS = Counter("echoes_gaps_total", "Holes in a channel that history could not fill.", ["channel"])
SNAPSHOTS = Counter("echoes_snapshots_sent_total", "Snapshots sent to clients.", ["reason"])
FEEDS = _sum("echoes_feeds", "Channels that a worker is subscribed to.", "channel")
SUBSCRIBERS = _sum("echoes_subscribers", "Players who listen to channels, counted for each channel.", "channel")
UNSENT_BYTES = _sum("echoes_unsent_bytes", "Bytes that wait for clients to read them, in our queues and in the transports.")
LARGEST_UNSENT_BYTES = _most("echoes_unsent_largest_bytes", "The same for the client for whom most is waiting.", "worker")

# ── PostgreSQL ───────────────────────────────────────────────────────────────────────────────────────────────────────

QUERY_SECONDS = Histogram("echoes_query_seconds", "What PostgreSQL took for a question, or for a whole transaction, without waiting for a connection.", ["purpose"], buckets=COARSE)  # fmt: skip
QUERY_FAILURES = Counter("echoes_query_failures_total", "Questions that PostgreSQL did not answer in time.", ["purpose"])
SLOW_QUERIES = Counter("echoes_slow_queries_total", "Questions that took longer than ECHOES_SLOW_QUERY_SECONDS.", ["purpose"])
POOL_CONNECTIONS = _sum("echoes_pool_connections", "Connections to PostgreSQL.", "state")
POOL_WAIT_SECONDS = Histogram("echoes_pool_wait_seconds", "Waiting for a connection of the pool.", buckets=COARSE)
WORLD_LOCK = _most("echoes_world_lock_held", "1 while the worker may write.", "worker")

# ── facilities and cache ─────────────────────────────────────────────────────────────────────────────────────────────

FACILITY_SECONDS = Histogram("echoes_facility_seconds", "A call of a facility, failed ones included.", ["facility", "operation"], buckets=COARSE)  # fmt: skip
FACILITY_ERRORS = Counter("echoes_facility_errors_total", "Calls of a facility that ended with an error.", ["facility", "kind"])
BREAKER = _most(
    "echoes_breaker",
    "1 for the state that the circuit breaker of a backend connection is in, 0 for the others.",
    "worker",
    "backend",
    "state",
)
CACHE_READS = Counter("echoes_cache_reads_total", "What was asked of the cache, by result and by the rollout's arm.", ["kind", "result", "arm"])  # fmt: skip
CACHE_EVICTIONS = Counter("echoes_cache_evictions_total", "A worker's own copies that made room for others.", ["kind"])
CACHE_REFUSED = Counter("echoes_cache_writes_refused_total", "Values that the cache refused since it knew something newer.", ["kind"])

# ── background work ──────────────────────────────────────────────────────────────────────────────────────────────────

TASK_RUNS = Counter("echoes_task_runs_total", "Turns of background work; taken: another worker had the lease.", ["task", "outcome"])
TASK_SECONDS = Histogram("echoes_task_seconds", "A turn of background work.", ["task"], buckets=COARSE)
TASK_INTERVAL = _most("echoes_task_interval_seconds", "Between two turns of background work.", "task")
TASK_DONE = _most("echoes_task_done_timestamp_seconds", "When background work was last done without an error, Unix time.", "task")
TASK_HOLDER = _most("echoes_task_holder", "1 when the worker's last try got the lease of a task, 0 when another had it.", "worker", "task")
TABLE_ROWS = _latest("echoes_table_rows", "Rows of a table, as PostgreSQL estimates them.", "table")
TABLE_BYTES = _latest("echoes_table_bytes", "What a table and its indexes take on disk.", "table")
TABLE_AGE_SECONDS = _latest(
    "echoes_table_oldest_seconds", "Age of the oldest row of a table that is not to be kept for ever; 0 when it is empty.", "table"
)
TABLE_KEPT_SECONDS = _latest(
    "echoes_table_kept_seconds", "For how long a table keeps each row, where age alone decides that; 0: for ever.", "table"
)
RETENTION_ROWS = Counter("echoes_retention_rows_total", "Rows that retention removed or rolled up, by rule.", ["rule"])
OUTBOX_WAITING = _sum("echoes_outbox_waiting", "Commands whose events have gone out, to be marked so in PostgreSQL.")
OUTBOX_SWEPT = Counter("echoes_outbox_swept_total", "Commands whose events were published late, since whoever committed them had not.")
OUTBOX_GIVEN_UP = Counter("echoes_outbox_given_up_total", "Messages that were given up: broadcast refused them again and again while it took others.")  # fmt: skip

# ── the worker ───────────────────────────────────────────────────────────────────────────────────────────────────────

READINESS = _most("echoes_readiness", "1 for what /health/ready says now, 0 for the others.", "worker", "status")
STARTED = _most("echoes_worker_start_timestamp_seconds", "When the worker began, Unix time: it changes with each restart.", "worker")
LOOP_DELAY_SECONDS = _most(
    "echoes_loop_delay_seconds", "How late the event loop woke the last sampling: what everything else waited, too.", "worker"
)
MEMORY_BYTES = _sum("echoes_worker_memory_bytes", "Resident memory of the process.")
DATA_FOLDER_FREE_BYTES = _most(
    "echoes_data_folder_free_bytes", "What the file system of ECHOES_DATA_DIR has left for the server; 0 when it cannot be asked."
)
WORKERS_ENDED = Counter(
    "echoes_workers_ended_total", "Workers that ended without having been told to, counted by their supervisor.", ["reason"]
)
