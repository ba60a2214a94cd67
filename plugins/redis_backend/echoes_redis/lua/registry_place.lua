-- Put a body into the world; returns {1}, {0} when a newer fact is known, or {2, location} when it is elsewhere than believed.
-- KEYS[1] bodies, hash   KEYS[2] tombstone of the removal   KEYS[3] names, hash   KEYS[4] people of the world, sorted set
-- KEYS[5] players of the location, set   KEYS[6] players of the location where the body is believed to be (KEYS[5] again when it is
-- believed to be nowhere)   KEYS[7], KEYS[8] people of these two, sorted sets
-- ARGV[1] character   ARGV[2] location   ARGV[3] version   ARGV[4] epoch   ARGV[5] believed: '=' and the location, or empty
-- ARGV[6] line of names
local epoch, version = tonumber(ARGV[4]), tonumber(ARGV[3])
if (tonumber(redis.pcall('GET', KEYS[2])) or 0) >= epoch then return {0} end
local stored = redis.call('HGET', KEYS[1], ARGV[1])
local known, last, at = string.match(stored or '', '^(%d+) (%-?%d+) (.*)$')
known, last = tonumber(known), tonumber(last)
if known and (known > epoch or (known == epoch and last > version)) then return {0} end
if at and ARGV[5] ~= '=' .. at then return {2, at} end
local former = redis.call('HGET', KEYS[3], ARGV[1])
enter(KEYS[7], ARGV[6], ARGV[1])
enter(KEYS[4], ARGV[6], ARGV[1])
redis.call('SADD', KEYS[5], ARGV[1])
redis.call('HSET', KEYS[3], ARGV[1], ARGV[6])
redis.call('HSET', KEYS[1], ARGV[1], ARGV[4] .. ' ' .. ARGV[3] .. ' ' .. ARGV[2])
if at and at ~= ARGV[2] then redis.pcall('SREM', KEYS[6], ARGV[1]) end
if former and former ~= ARGV[6] then leave(KEYS[4], former, ARGV[1]) end
if former and at and (former ~= ARGV[6] or at ~= ARGV[2]) then leave(KEYS[8], former, ARGV[1]) end
return {1}
