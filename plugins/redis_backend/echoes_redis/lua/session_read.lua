-- Read sessions at one moment; returns for each the values of the given fields, nothing without a session, {why} for a foreign value.
-- KEYS[1...] session hashes
-- ARGV[1...] fields, the first of which every session has
local found = {}
for i, key in ipairs(KEYS) do
  local values = redis.pcall('HMGET', key, unpack(ARGV))
  if values.err then
    values = {values.err}
  elseif not values[1] then
    values = redis.call('EXISTS', key) == 1 and {'it has no epoch'} or {}
  end
  found[i] = values
end
return found
