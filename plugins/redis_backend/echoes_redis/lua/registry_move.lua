-- Move a body; returns {1}, {0} when it is not in the world or a newer fact is known, or {2, location} when it is elsewhere than believed.
-- KEYS[1] bodies, hash   KEYS[2] names, hash   KEYS[3] players of the new location, set   KEYS[4] players of the location where it is
-- believed to be   KEYS[5], KEYS[6] people of these two, sorted sets
-- ARGV[1] character   ARGV[2] new location   ARGV[3] version   ARGV[4] believed: '=' and the location, or empty
local stored = redis.call('HGET', KEYS[1], ARGV[1])
local epoch, last, at = string.match(stored or '', '^(%d+) (%-?%d+) (.*)$')
if not epoch or tonumber(last) > tonumber(ARGV[3]) then return {0} end
if ARGV[4] ~= '=' .. at then return {2, at} end
local line = redis.call('HGET', KEYS[2], ARGV[1]) or ''
-- The removal comes first: after a first write a script may write on when memory is short. A move uses no memory beyond a location's own keys.
if at ~= ARGV[2] then
  redis.pcall('SREM', KEYS[4], ARGV[1])
  leave(KEYS[6], line, ARGV[1])
end
enter(KEYS[5], line, ARGV[1])
redis.call('SADD', KEYS[3], ARGV[1])
redis.call('HSET', KEYS[1], ARGV[1], epoch .. ' ' .. ARGV[3] .. ' ' .. ARGV[2])
return {1}
