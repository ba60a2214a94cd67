-- Read a value: {1, version, checksum, value}, {0} when there is none of this generation, {2, why} for a foreign entry.
-- The value is a flat list of field and value (hash), a list of elements (list) or a text (string).
-- KEYS[1] entry
-- ARGV[1] shape: hash, list or string   ARGV[2] generation
local shape, found = ARGV[1], redis.call('TYPE', KEYS[1]).ok
if found == 'none' then return {0} end
if found ~= shape then return {2, 'it is a ' .. found} end
local header, value
if shape == 'hash' then
  header = redis.call('HGET', KEYS[1], '@')
elseif shape == 'list' then
  header = redis.call('LINDEX', KEYS[1], 0)
else
  header, value = string.match(redis.call('GET', KEYS[1]), '^([^\n]*)\n(.*)$')
end
local generation, version, checksum, expires =
  string.match(header or '', '^generation=(%d+) version=([%d-]+) checksum=([%d-]+) expires=([%d.-]+) floor=%d+ until=[%d.]+$')
if not generation then return {2, 'its header is not one'} end
if generation ~= ARGV[2] or version == '-' or (expires ~= '-' and tonumber(expires) <= now()) then return {0} end
if shape == 'hash' then
  value = redis.call('HGETALL', KEYS[1])
elseif shape == 'list' then
  value = redis.call('LRANGE', KEYS[1], 1, -1)
end
return {1, version, checksum, value}
