"""The Redis backend: many workers act as one server. This page maps the package; `docs/redis.md` describes the data.

Modules, by purpose
-------------------
The plugin:
    plugin.py            implements the hooks; builds every object below and enters their lifetimes
    settings.py          `ECHOES_REDIS_*` and the four older names
    metrics.py           declares the metrics `echoes_redis_*`

A connection, from the socket up:
    endpoint.py          parses URLs, opens sockets, asks the Sentinels for the master
    connection.py        one RESP connection: batches writes by event-loop turn, matches replies to commands in order
    batch.py             calls of one script in one event-loop turn: sent as one command, each with its own reply
    handshake.py         logs in, selects the database, identifies the server, loads the scripts
    rights.py            compares the user's ACL with what the scripts need
    database_claim.py    refuses a Redis that serves another database
    reconnector.py       keeps one connection, with backoff; follows the master that the Sentinels name
    driver.py            the command connection: single commands and scripts, awaited by many callers
    subscriber.py        the pub/sub connection: subscribes to every wanted channel, again after each reconnect
    errors.py            maps the errors of Redis to those of the core

Scripts and keys:
    script.py            loads `lua/*.lua`; knows each script's source and SHA-1
    keys.py              names every key but those of the channels
    durations.py         seconds to whole milliseconds

Broadcast:
    broadcast.py         implements `Broadcast`: publishes, subscribes, heals, publishes again after a loss
    channel.py           names, framing and scripts of one channel
    channel_reader.py    one channel on this worker: order, holes, duplicates, its local subscriptions
    recent_publishes.py  what this worker published last, to publish it again
    probe.py             measures once a second whether published messages arrive
    counters.py          counts on the hot path; carried over to the metrics once a second

The other facilities:
    session.py           implements `SessionStore`
    session_codec.py     a session as a Redis hash
    registry.py          implements `Registry`
    registry_hints.py    where this worker last saw a body or a connection: scripts name their keys beforehand
    registry_people.py   the index of bodies by name
    registry_repair.py   removes a key of a wrong type and rebuilds the index
    cache.py             implements `Cache`
    lock.py              implements `LockManager`

For operators:
    inspection.py        samples memory and keys for the metrics

Connections of one worker
-------------------------
Each has a `Reconnector` of its own, which alone opens, replaces and closes it.
    main                 owned by `RedisBackend._driver`: sessions, registry, locks, publishing, channel history; the cache, too, unless it has its own
    cache                owned by the second `Driver`, only with `ECHOES_REDIS_CACHE_URL`
    subscriber           owned by `RedisBroadcast._subscriber`: pub/sub alone, only when the core asks for broadcast
    the Sentinels'       owned by `Reconnector._watch` of each driver, only with a Sentinel URL

A reconnect, in order
---------------------
1.  `Connection.lost` (or `cut`) fails every pending command; whether Redis ran it is unknown. `Reconnector._lose` makes new calls wait.
2.  A call waits `ECHOES_REDIS_WAIT` seconds for a connection, then raises `FacilityUnavailable`. No command is repeated.
3.  `Reconnector._reconnect` tries at once. After a failure it waits 25 to 50 ms; the wait doubles up to 0.5 to 1 s.
4.  `endpoint.reached` opens the socket, to the master that the Sentinels name if there are Sentinels.
5.  `handshake`: AUTH, the check of rights, SELECT, PING, INFO (version, role, `run_id`); on a driver also SCRIPT LOAD of every script.
6.  `Claim.make` compares the database's identity. On the subscriber, `Subscriber._prepare` then subscribes to every wanted channel, 500 at a time,
    and waits for each acknowledgement. An attempt that fails here is cut; step 3 follows.
7.  The connection counts: `Reconnector.connection` is set, then the callback runs, then waiting calls go on.
8.  Main: `RedisBroadcast._connected` drops a subscriber that is connected to another `run_id`. If the `run_id` is new,
    `RedisBroadcast._republish` sends what this worker published in the last `ECHOES_REDIS_JOURNAL_SECONDS`. Nothing newer is published before that has ended.
9.  Subscriber: `RedisBroadcast._live` has every live channel healed, and drops a main connection to another `run_id`.
10. `RedisBroadcast._recover` reads the history of each channel, 100 channels at a time. `ChannelReader.recover` delivers what was missed, or a `Gap`,
    then what has come meanwhile.
"""
