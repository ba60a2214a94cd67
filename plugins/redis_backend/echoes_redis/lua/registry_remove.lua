-- Take a body out of the world; returns {1}, {0} when it is not there or newer, or {2, location} when it is elsewhere than believed.
-- KEYS[1] bodies, hash   KEYS[2] tombstone of the removal   KEYS[3] names, hash   KEYS[4] people of the world, sorted set
-- KEYS[5] players of the location where it is believed to be   KEYS[6] people of it, sorted set
-- ARGV[1] character   ARGV[2] epoch   ARGV[3] life of the tombstone in ms   ARGV[4] believed: '=' and the location, or empty
local stored = redis.call('HGET', KEYS[1], ARGV[1])
local epoch, _, at = string.match(stored or '', '^(%d+) (%-?%d+) (.*)$')
if not epoch or tonumber(epoch) > tonumber(ARGV[2]) then return {0} end
if ARGV[4] ~= '=' .. at then return {2, at} end
redis.pcall('SREM', KEYS[5], ARGV[1])
redis.call('HDEL', KEYS[1], ARGV[1])
local line = redis.pcall('HGET', KEYS[3], ARGV[1])
if type(line) == 'string' then
  leave(KEYS[4], line, ARGV[1])
  leave(KEYS[6], line, ARGV[1])
  redis.call('HDEL', KEYS[3], ARGV[1])
end
redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[3])
return {1}
