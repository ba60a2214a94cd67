-- Drop a grace entry of a session that is gone or connected (it was lost with a part of the store).
-- KEYS[1] session hash   KEYS[2] grace, sorted set
-- ARGV[1] character
if redis.pcall('HGET', KEYS[1], 'websocket_connected') ~= '0' then redis.pcall('ZREM', KEYS[2], ARGV[1]) end
return 1
