-- Number a message, append it to history and send it to the subscribers; or find that its key was published already.
-- KEYS: meta, history, known keys (hash: tagged key -> "epoch:offset:until"), their order (list, the oldest first)
-- ARGV: server, floor (a number that a new epoch exceeds), pub/sub channel, tagged key, payload, history's length, history ms, key ms, meta ms,
-- how many keys are kept, 1 when this is published again because another Redis lost it (else 0), the longest key ms of any message
-- Returns "epoch:offset".
local known = redis.call('HGET', KEYS[3], ARGV[4])
if known then
  local position, til = string.match(known, '^(%d+:%d+):([%d.]+)$')
  if position and tonumber(til) > now() then
    return position
  end
end
local epoch, top, _, loose, tidied = standing(KEYS[1], KEYS[2], ARGV[1], ARGV[2], ARGV[9])
-- What is dropped by its age is looked for once a second; a clock may have been set back.
local tidy = tidied > now() or now() >= tidied + 1
if tidy then
  age(KEYS[2], tonumber(ARGV[7]))
  while true do
    local oldest = redis.call('LINDEX', KEYS[4], 0)
    local til = oldest and string.match(redis.call('HGET', KEYS[3], oldest) or '', '([%d.]+)$')
    if not oldest or (til and tonumber(til) > now()) then
      break
    end
    redis.call('LPOP', KEYS[4])
    redis.call('HDEL', KEYS[3], oldest)
  end
end
-- All workers publish lost messages again at once, while subscribers are reconnecting: for ten seconds none of these is trimmed.
local limit = tonumber(ARGV[6])
if ARGV[11] == '1' then
  loose = now() + 10
  redis.call('HSET', KEYS[1], 'loose', string.format('%.3f', loose))
end
if loose > now() then
  limit = limit * 16
end
-- Keys are dropped by number, too: a full Redis takes messages, so the memory of their keys must be bounded. The list and the stream come
-- first: if one of them is of another type, nothing says yet that the message is published.
local remembered = redis.call('RPUSH', KEYS[4], ARGV[4])
for _ = remembered, tonumber(ARGV[10]) + 1, -1 do
  redis.call('HDEL', KEYS[3], redis.call('LPOP', KEYS[4]))
end
local offset = whole(top + 1)
local position = epoch .. ':' .. offset
redis.call('XADD', KEYS[2], 'MAXLEN', whole(limit), offset, 't', string.format('%.6f', now()), 'k', ARGV[4], 'p', ARGV[5])
redis.call('PEXPIRE', KEYS[2], ARGV[7])
redis.call('HSET', KEYS[3], ARGV[4], position .. ':' .. string.format('%.3f', now() + tonumber(ARGV[8]) / 1000))
if tidy or remembered == 1 then
  redis.call('HSET', KEYS[1], 'top', offset, 'tidied', string.format('%.3f', now()))
  redis.call('PEXPIRE', KEYS[3], ARGV[12] + 1000)
  redis.call('PEXPIRE', KEYS[4], ARGV[12] + 1000)
else
  redis.call('HSET', KEYS[1], 'top', offset)
end
redis.call('PUBLISH', ARGV[3], position .. ':' .. #ARGV[4] .. ':' .. ARGV[4] .. ARGV[5])
return position
