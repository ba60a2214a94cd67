-- Remove what is none of ours from under one of the registry's keys, and make a location's set anew; answers the type removed, or empty.
-- KEYS[1] the key   KEYS[2] bodies, hash
-- ARGV[1] the type that belongs there   ARGV[2] the location whose set it is, or anything
local found = redis.call('TYPE', KEYS[1]).ok
if found == ARGV[1] or found == 'none' then return '' end
redis.call('DEL', KEYS[1])
if ARGV[1] == 'set' then
  local bodies = redis.pcall('HGETALL', KEYS[2])
  for i = 2, #bodies, 2 do
    if string.match(bodies[i], '^%d+ %-?%d+ (.*)$') == ARGV[2] then redis.call('SADD', KEYS[1], bodies[i - 1]) end
  end
end
return found
