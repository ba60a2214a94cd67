-- Put a body into the world; answers {1}, {0} when something newer is known, or {2, location} when it is elsewhere than believed.
-- KEYS[1] bodies, hash   KEYS[2] tombstone of the removal   KEYS[3] players of the location, set
-- KEYS[4] players of the location where the body is believed to be (KEYS[3] again when it is believed to be nowhere)
-- ARGV[1] character   ARGV[2] location   ARGV[3] version   ARGV[4] epoch   ARGV[5] believed: '=' and the location, or empty
local epoch, version = tonumber(ARGV[4]), tonumber(ARGV[3])
if (tonumber(redis.pcall('GET', KEYS[2])) or 0) >= epoch then return {0} end
local stored = redis.call('HGET', KEYS[1], ARGV[1])
local known, last, at = string.match(stored or '', '^(%d+) (%-?%d+) (.*)$')
known, last = tonumber(known), tonumber(last)
if known and (known > epoch or (known == epoch and last > version)) then return {0} end
if at and ARGV[5] ~= '=' .. at then return {2, at} end
redis.call('SADD', KEYS[3], ARGV[1])
redis.call('HSET', KEYS[1], ARGV[1], ARGV[4] .. ' ' .. ARGV[3] .. ' ' .. ARGV[2])
if at and at ~= ARGV[2] then redis.pcall('SREM', KEYS[4], ARGV[1]) end
return {1}
