-- End a session; returns it as a flat list of field and value, empty when the epoch is not the live session's.
-- KEYS[1] session hash   KEYS[2] grace, sorted set   KEYS[3] tombstone of the last close
-- ARGV[1] character   ARGV[2] epoch   ARGV[3] life of the tombstone in ms
if redis.pcall('HGET', KEYS[1], 'epoch') ~= ARGV[2] then return {} end
local session = redis.call('HGETALL', KEYS[1])
redis.call('DEL', KEYS[1])
redis.pcall('ZREM', KEYS[2], ARGV[1])
redis.call('SET', KEYS[3], ARGV[2], 'PX', ARGV[3])
return session
