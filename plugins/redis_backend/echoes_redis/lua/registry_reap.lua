-- Return a dead worker's connections and remove the worker; a flat list of character and connection, empty while its lease is valid.
-- KEYS[1] workers, hash   KEYS[2] heartbeat of the worker, string   KEYS[3] connections of the worker, hash   KEYS[4] holders, hash
-- ARGV[1] worker
if redis.call('EXISTS', KEYS[2]) == 1 then return {} end
local held = redis.call('HGETALL', KEYS[3])
redis.call('DEL', KEYS[3])
redis.call('HDEL', KEYS[1], ARGV[1])
for i = 1, #held, 2 do redis.call('HDEL', KEYS[4], held[i]) end
return held
