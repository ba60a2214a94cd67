-- Remove a connection; returns 1, or 0 when the worker does not hold it under this epoch.
-- KEYS[1] holders, hash   KEYS[2] workers, hash   KEYS[3] connections of the worker, hash
-- ARGV[1] character   ARGV[2] worker   ARGV[3] epoch
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[3] .. ' ' .. ARGV[2] then return 0 end
redis.call('HDEL', KEYS[1], ARGV[1])
redis.call('HDEL', KEYS[3], ARGV[1])
if redis.call('HGET', KEYS[2], ARGV[2]) == '' and redis.call('EXISTS', KEYS[3]) == 0 then redis.call('HDEL', KEYS[2], ARGV[2]) end
return 1
