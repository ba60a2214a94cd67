-- Start the grace period, once; returns its end, or nothing when the epoch is not the live session's.
-- KEYS[1] session hash   KEYS[2] grace, sorted set
-- ARGV[1] character   ARGV[2] epoch   ARGV[3] grace in seconds
if redis.pcall('HGET', KEYS[1], 'epoch') ~= ARGV[2] then return false end
if redis.call('HGET', KEYS[1], 'websocket_connected') == '1' then
  local deadline = string.format('%.6f', now() + tonumber(ARGV[3]))
  redis.call('PERSIST', KEYS[1]) -- first, since a full Redis refuses a script when its first write needs memory
  if type(redis.pcall('ZADD', KEYS[2], deadline, ARGV[1])) == 'table' then -- of another type: foreign
    redis.call('DEL', KEYS[2])
    redis.call('ZADD', KEYS[2], deadline, ARGV[1])
  end
  redis.call('HSET', KEYS[1], 'websocket_connected', '0', 'grace_until', deadline)
end
return redis.call('HGET', KEYS[1], 'grace_until')
