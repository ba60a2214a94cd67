-- Remove a foreign value from one of the registry's keys, and rebuild an index; returns the type removed, or empty.
-- KEYS[1] the key   KEYS[2] bodies, hash   KEYS[3] names, hash
-- ARGV[1] the type that belongs there   ARGV[2] '=' and the location of the index, or empty for the world's
local found = redis.call('TYPE', KEYS[1]).ok
if found == ARGV[1] or found == 'none' then return '' end
redis.call('DEL', KEYS[1])
if ARGV[1] == 'set' or ARGV[1] == 'zset' then
  local bodies = redis.pcall('HGETALL', KEYS[2])
  for i = 2, #bodies, 2 do
    local at = string.match(bodies[i], '^%d+ %-?%d+ (.*)$')
    if at and (ARGV[2] == '' or ARGV[2] == '=' .. at) then
      local line = redis.pcall('HGET', KEYS[3], bodies[i - 1])
      if ARGV[1] == 'set' then
        redis.call('SADD', KEYS[1], bodies[i - 1])
      elseif type(line) == 'string' then
        enter(KEYS[1], line, bodies[i - 1])
      end
    end
  end
end
return found
