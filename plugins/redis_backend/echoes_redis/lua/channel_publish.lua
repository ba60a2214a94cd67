-- Number a message, append it to history and hand it to the listeners; or find that its key was published already.
-- KEYS: meta, history, the key's memory
-- ARGV: server, floor (a number that a new epoch exceeds), pub/sub channel, tagged key, payload, history's length, history ms, key ms, meta ms,
--   1 when this is published again because another Redis lost it (else 0)
-- Answers "epoch:offset".
local first = redis.call('GET', KEYS[3])
if first then
  return first
end
local epoch, top, _, loose = standing(KEYS[1], KEYS[2], ARGV[1], ARGV[2], ARGV[9])
age(KEYS[2], tonumber(ARGV[7]))
-- What was lost is published again by everybody at once, while those who listen are just coming back: for ten seconds nothing of it is trimmed.
local limit = tonumber(ARGV[6])
if ARGV[10] == '1' then
  loose = now() + 10
  redis.call('HSET', KEYS[1], 'loose', string.format('%.3f', loose))
end
if loose > now() then
  limit = limit * 16
end
local offset = whole(top + 1)
redis.call('XADD', KEYS[2], 'MAXLEN', whole(limit), offset, 't', string.format('%.6f', now()), 'k', ARGV[4], 'p', ARGV[5])
redis.call('PEXPIRE', KEYS[2], ARGV[7])
redis.call('HSET', KEYS[1], 'top', offset)
local position = epoch .. ':' .. offset
redis.call('SET', KEYS[3], position, 'PX', ARGV[8])
redis.call('PUBLISH', ARGV[3], position .. ':' .. #ARGV[4] .. ':' .. ARGV[4] .. ARGV[5])
return position
