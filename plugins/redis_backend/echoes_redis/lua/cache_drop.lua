-- Drop a value, in any version; refused versions stay refused. A foreign entry is left unchanged.
-- KEYS[1] entry, with a header as cache_write.lua writes it
-- ARGV[1] shape: hash, list or string   ARGV[2] seconds for which versions below the dropped one are refused
local shape, found = ARGV[1], redis.call('TYPE', KEYS[1]).ok
if found ~= shape then return 0 end
local header
if shape == 'hash' then
  header = redis.call('HGET', KEYS[1], '@') or ''
elseif shape == 'list' then
  header = redis.call('LINDEX', KEYS[1], 0)
else
  header = string.match(redis.call('GET', KEYS[1]), '^([^\n]*)') or ''
end
local generation, version, floor = string.match(header, '^generation=(%d+) version=([%d-]+) checksum=[%d-]+ expires=[%d.-]+ floor=(%d+) until=[%d.]+$')
if not generation or version == '-' then return 0 end
local refused = tonumber(ARGV[2])
header = string.format('generation=%s version=- checksum=- expires=- floor=%s until=%.3f', generation, floor, now() + refused)
redis.call('DEL', KEYS[1])
if shape == 'hash' then
  redis.call('HSET', KEYS[1], '@', header)
elseif shape == 'list' then
  redis.call('RPUSH', KEYS[1], header)
else
  redis.call('SET', KEYS[1], header .. '\n')
end
redis.call('PEXPIRE', KEYS[1], math.ceil(refused * 1000))
return 1
