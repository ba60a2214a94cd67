-- Refresh the expiry and the heartbeat; answers 1, or 0 when the epoch is not the live session's.
-- KEYS[1] session hash
-- ARGV[1] epoch   ARGV[2] ttl in ms
if redis.pcall('HGET', KEYS[1], 'epoch') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'last_heartbeat', string.format('%.6f', now()))
if redis.call('HGET', KEYS[1], 'websocket_connected') == '1' then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 1
