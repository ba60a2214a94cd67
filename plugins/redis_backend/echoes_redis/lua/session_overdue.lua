-- Characters with an expired grace period, longest first; returns {now, {character, ...}}.
-- KEYS[1] grace, sorted set
-- ARGV[1] how many at most
local moment = string.format('%.6f', now())
local due = redis.pcall('ZRANGEBYSCORE', KEYS[1], '-inf', moment, 'LIMIT', 0, ARGV[1])
return {moment, due.err and {} or due}
