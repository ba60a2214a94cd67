-- The row has reached a version: drop an older value and refuse older ones for ARGV[4] seconds; returns why a foreign entry was replaced, or empty.
-- KEYS[1] entry, with a header as cache_write.lua writes it
-- ARGV[1] shape: hash, list or string   ARGV[2] generation   ARGV[3] version   ARGV[4] seconds for which older versions are refused
local shape, found, moment = ARGV[1], redis.call('TYPE', KEYS[1]).ok, now()
local header, value = '', ''
if found == 'hash' and shape == 'hash' then
  header = redis.call('HGET', KEYS[1], '@') or ''
elseif found == 'list' and shape == 'list' then
  header = redis.call('LINDEX', KEYS[1], 0)
elseif found == 'string' and shape == 'string' then
  header, value = string.match(redis.call('GET', KEYS[1]), '^([^\n]*)\n?(.*)$')
end
local generation, version, checksum, expires, floor, til =
  string.match(header, '^generation=(%d+) version=([%d-]+) checksum=([%d-]+) expires=([%d.-]+) floor=(%d+) until=([%d.]+)$')
if generation and tonumber(generation) > tonumber(ARGV[2]) then return '' end
local lowest, keep = ARGV[3], false
if generation and tonumber(generation) == tonumber(ARGV[2]) then
  if tonumber(til) > moment and tonumber(floor) > tonumber(lowest) then lowest = floor end
  local alive = version ~= '-' and (expires == '-' or tonumber(expires) > moment)
  keep = alive and tonumber(version) >= tonumber(ARGV[3])
end

if not keep then version, checksum, expires = '-', '-', '-' end
local refused = tonumber(ARGV[4])
header = string.format('generation=%s version=%s checksum=%s expires=%s floor=%s until=%.3f', ARGV[2], version, checksum, expires,
  lowest, moment + refused)
if not keep and found ~= 'none' then redis.call('DEL', KEYS[1]) end
if shape == 'hash' then
  redis.call('HSET', KEYS[1], '@', header)
elseif shape == 'string' then
  redis.call('SET', KEYS[1], header .. '\n' .. (keep and value or ''))
elseif keep then
  redis.call('LSET', KEYS[1], 0, header)
else
  redis.call('RPUSH', KEYS[1], header)
end
if not keep or expires ~= '-' then
  local ttl = keep and math.max(refused, tonumber(expires) - moment) or refused
  redis.call('PEXPIRE', KEYS[1], math.ceil(ttl * 1000))
end
if generation or found == 'none' then return '' end
return found == shape and 'its header is not one' or 'it is a ' .. found
