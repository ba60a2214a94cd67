-- Refresh the expiry and the heartbeat; returns 1, or 0 when the epoch is not the live session's.
-- KEYS[1] session hash
-- ARGV[1] epoch   ARGV[2] ttl in ms
if redis.pcall('HGET', KEYS[1], 'epoch') ~= ARGV[1] then return 0 end
-- A full Redis refuses a script when its first write needs memory, and no later write: so the expiry comes first.
if redis.call('HGET', KEYS[1], 'websocket_connected') == '1' then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
else
  redis.call('PERSIST', KEYS[1])
end
redis.call('HSET', KEYS[1], 'last_heartbeat', string.format('%.6f', now()))
return 1
