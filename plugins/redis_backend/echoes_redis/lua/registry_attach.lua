-- Record the holder of a connection; returns {1}, {0} when a newer epoch is known, or {2, worker} when another worker holds it than believed.
-- KEYS[1] holders, hash   KEYS[2] workers, hash   KEYS[3] connections of the worker, hash
-- KEYS[4] connections of the believed holder (KEYS[3] again when there is none)
-- ARGV[1] character   ARGV[2] worker   ARGV[3] epoch   ARGV[4] connection as JSON   ARGV[5] believed: '=' and the worker, or empty
local stored = redis.call('HGET', KEYS[1], ARGV[1])
local epoch, holder = string.match(stored or '', '^(%d+) (.*)$')
if epoch and tonumber(epoch) > tonumber(ARGV[3]) then return {0} end
if holder and ARGV[5] ~= '=' .. holder then return {2, holder} end
redis.call('HSET', KEYS[3], ARGV[1], ARGV[4])
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3] .. ' ' .. ARGV[2])
redis.call('HSETNX', KEYS[2], ARGV[2], '') -- so that reapers find a worker that was never announced
if holder and holder ~= ARGV[2] then
  redis.pcall('HDEL', KEYS[4], ARGV[1])
  if redis.call('HGET', KEYS[2], holder) == '' and redis.call('EXISTS', KEYS[4]) == 0 then redis.call('HDEL', KEYS[2], holder) end
end
return {1}
