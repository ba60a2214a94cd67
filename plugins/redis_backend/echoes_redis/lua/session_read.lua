-- Read sessions at one moment; answers for each a flat list of field and value, empty when there is none.
-- KEYS[...] session hashes
local found = {}
for i, key in ipairs(KEYS) do
  local fields = redis.pcall('HGETALL', key)
  if fields.err then fields = {'foreign', fields.err} end
  found[i] = fields
end
return found
