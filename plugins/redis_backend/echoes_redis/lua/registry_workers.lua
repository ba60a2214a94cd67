-- All known workers at one moment: {1, worker, info, last heartbeat or empty, ...}; {2, worker, ...} when others are known than believed.
-- KEYS[1] workers, hash   KEYS[2...] heartbeats of the workers believed to be known
-- ARGV[...] the workers believed to be known, in the order of KEYS
local same = redis.call('HLEN', KEYS[1]) == #ARGV
local known = {1}
for i, worker in ipairs(ARGV) do
  local info = redis.call('HGET', KEYS[1], worker)
  same = same and info
  known[#known + 1] = worker
  known[#known + 1] = info or ''
  known[#known + 1] = redis.pcall('GET', KEYS[i + 1]) or ''
end
if same then return known end
known = {2}
for _, worker in ipairs(redis.call('HKEYS', KEYS[1])) do known[#known + 1] = worker end
return known
