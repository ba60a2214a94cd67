-- Announce a worker or renew its lease.
-- KEYS[1] workers, hash   KEYS[2] heartbeat of the worker, string
-- ARGV[1] worker   ARGV[2] its WorkerInfo, JSON   ARGV[3] lease in ms
redis.call('PEXPIRE', KEYS[2], ARGV[3]) -- first, since a full Redis refuses a script when its first write needs memory: no worker's lease is lost by that
redis.call('SET', KEYS[2], string.format('%.6f', now()), 'PX', ARGV[3])
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return 1
