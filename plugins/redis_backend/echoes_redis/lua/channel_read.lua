-- The channel's position, and the messages after a position.
-- KEYS: meta, history
-- ARGV: server, floor, history ms, meta ms, then pairs of epoch and offset: the reader's positions, newest first; or a number alone: ms
-- Returns epoch, top. With ms: the tagged keys of the messages in history that are no older, newest first. With pairs: the offset behind which the reader continues; 1 when that is its position, 0 when its position
-- is not (all) known here; the entries behind that offset, each as its id, tagged key and payload.
local epoch, top, past = standing(KEYS[1], KEYS[2], ARGV[1], ARGV[2], ARGV[4])
if #ARGV < 5 then
  return { epoch, whole(top) }
end
if #ARGV == 5 then
  local tags, oldest, last = {}, now() - tonumber(ARGV[5]) / 1000, top
  while last > 0 do
    local batch = redis.call('XREVRANGE', KEYS[2], whole(last), '-', 'COUNT', 64)
    last = #batch == 64 and offset_of(batch[64][1]) - 1 or 0
    for _, entry in ipairs(batch) do
      if tonumber(entry[2][2]) < oldest then
        last = 0
        break
      end
      tags[#tags + 1] = entry[2][4]
    end
  end
  return { epoch, whole(top), tags }
end
age(KEYS[2], tonumber(ARGV[3]))
local known = { [epoch] = top }
for former, reached in string.gmatch(past, '(%d+)=(%d+)') do
  known[former] = tonumber(reached)
end
local behind, sure = 0, 0
for i = 5, #ARGV, 2 do
  local reached = known[ARGV[i]]
  if reached then
    behind = math.min(reached, tonumber(ARGV[i + 1]))
    if i == 5 and behind == tonumber(ARGV[i + 1]) then
      sure = 1
    end
    break
  end
end
local entries = {}
for _, entry in ipairs(redis.call('XRANGE', KEYS[2], whole(behind + 1), '+')) do
  entries[#entries + 1] = offset_of(entry[1])
  entries[#entries + 1] = entry[2][4]
  entries[#entries + 1] = entry[2][6]
end
return { epoch, whole(top), whole(behind), sure, entries }
