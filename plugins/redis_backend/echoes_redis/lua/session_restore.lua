-- Bring back a lost session under its former epoch; returns 1, or 0 when that or a newer one is alive or was closed lately.
-- KEYS[1] session hash   KEYS[2] grace, sorted set   KEYS[3] tombstone of the last close   KEYS[4] greatest epoch given out
-- ARGV[1] character   ARGV[2] ttl in ms   ARGV[3] epoch   ARGV[4...] every other field, value, ...
local epoch = tonumber(ARGV[3])
local alive = redis.pcall('HGET', KEYS[1], 'epoch')
local closed = tonumber(redis.pcall('GET', KEYS[3])) or 0
if (tonumber(alive) or 0) >= epoch or closed >= epoch then return 0 end
if type(alive) == 'table' then redis.call('DEL', KEYS[1]) end -- of another type: foreign
redis.call('HSET', KEYS[1], 'epoch', ARGV[3], 'last_heartbeat', string.format('%.6f', now()), unpack(ARGV, 4))
redis.call('PEXPIRE', KEYS[1], ARGV[2])
redis.pcall('ZREM', KEYS[2], ARGV[1])
if epoch > (tonumber(redis.pcall('GET', KEYS[4])) or 0) then redis.call('SET', KEYS[4], ARGV[3]) end
return 1
