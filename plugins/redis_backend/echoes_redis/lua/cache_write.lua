-- Write a value unless a newer one is known: {1 when written, else 0, why a foreign entry was replaced or empty}.
-- Header of every entry: generation, version ('-': none), checksum of the value, expires ('-': never), floor (versions below are refused) until.
-- KEYS[1] entry
-- ARGV[1] shape: hash, list or string   ARGV[2] generation   ARGV[3] version   ARGV[4] checksum   ARGV[5] ttl in seconds or '-'
-- ARGV[6] seconds for which older versions are refused   ARGV[7...] field, value, ... (hash), elements (list) or the text (string)
local shape, found, moment, why = ARGV[1], redis.call('TYPE', KEYS[1]).ok, now(), ''
local header = ''
if found == 'hash' and shape == 'hash' then
  header = redis.call('HGET', KEYS[1], '@') or ''
elseif found == 'list' and shape == 'list' then
  header = redis.call('LINDEX', KEYS[1], 0)
elseif found == 'string' and shape == 'string' then
  header = string.match(redis.call('GET', KEYS[1]), '^([^\n]*)') or ''
end
local generation, version, expires, floor, til =
  string.match(header, '^generation=(%d+) version=([%d-]+) checksum=[%d-]+ expires=([%d.-]+) floor=(%d+) until=([%d.]+)$')
if not generation and found ~= 'none' then why = found == shape and 'its header is not one' or 'it is a ' .. found end
local mine = tonumber(ARGV[3])
if generation and tonumber(generation) > tonumber(ARGV[2]) then return {0, why} end
if generation and tonumber(generation) == tonumber(ARGV[2]) then
  if tonumber(til) > moment and mine < tonumber(floor) then return {0, why} end
  local alive = version ~= '-' and (expires == '-' or tonumber(expires) > moment)
  if alive and mine < tonumber(version) then return {0, why} end
end

local ttl, refused = tonumber(ARGV[5]), tonumber(ARGV[6])
header = string.format('generation=%s version=%s checksum=%s expires=%s floor=%s until=%.3f', ARGV[2], ARGV[3], ARGV[4],
  ttl and string.format('%.3f', moment + ttl) or '-', ARGV[3], moment + refused)
if found ~= 'none' then redis.call('DEL', KEYS[1]) end
if shape == 'string' then
  redis.call('SET', KEYS[1], header .. '\n' .. ARGV[7])
else
  if shape == 'hash' then redis.call('HSET', KEYS[1], '@', header) else redis.call('RPUSH', KEYS[1], header) end
  for i = 7, #ARGV, 1000 do -- unpack has a limit
    redis.call(shape == 'hash' and 'HSET' or 'RPUSH', KEYS[1], unpack(ARGV, i, math.min(i + 999, #ARGV)))
  end
end
if ttl then redis.call('PEXPIRE', KEYS[1], math.ceil(math.max(ttl, refused) * 1000)) end
return {1, why}
