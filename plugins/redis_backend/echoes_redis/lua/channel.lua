-- Shared by the scripts of a channel.
-- Its meta is a hash: `epoch`, `top` (the newest offset), `server` (the run_id of the Redis that numbered it) and `past`: for former
-- epochs, how far this store knew them at the change of epoch: "epoch=top epoch=top", newest first. Until `loose` (a time) history is kept longer.
-- `tidied` is when expired entries and keys were last removed.
-- Its history is a stream; an entry's id is its offset, its fields are t (time), k (the publisher's key, tagged), p (the payload).

local function whole(number)
  return string.format('%.0f', number)
end

local function offset_of(id)
  return tonumber(string.match(id, '^%d+'))
end

-- The channel's epoch, top, past, loose and tidied. A new epoch begins when nothing is known, and when another Redis numbered the channel: that one may
-- have numbered more than this one knows.
local function standing(meta, stream, server, floor, meta_ms)
  -- This comes first: a full Redis refuses commands that take memory, unless the script has begun to write with one that takes none.
  redis.call('PEXPIRE', meta, meta_ms)
  local known = redis.call('HMGET', meta, 'epoch', 'top', 'server', 'past', 'loose', 'tidied')
  local epoch, top, past, loose = known[1], tonumber(known[2] or '0'), known[4] or '', tonumber(known[5] or '0')
  local tidied = tonumber(known[6] or '0')
  if epoch and known[3] == server then
    return epoch, top, past, loose, tidied
  end
  local newest = redis.call('XREVRANGE', stream, '+', '-', 'COUNT', 1)[1]
  if newest then
    top = math.max(top, offset_of(newest[1]))
  elseif not epoch then
    redis.call('DEL', stream)
  end
  if epoch then
    local kept = { epoch .. '=' .. whole(top) }
    for former in string.gmatch(past, '%S+') do
      if #kept < 8 then
        kept[#kept + 1] = former
      end
    end
    past = table.concat(kept, ' ')
  end
  epoch = whole(math.max(math.floor(now() * 1000000), tonumber(epoch or '0') + 1, tonumber(floor) + 1))
  redis.call('HSET', meta, 'epoch', epoch, 'top', whole(top), 'server', server, 'past', past)
  redis.call('PEXPIRE', meta, meta_ms)
  return epoch, top, past, loose, tidied
end

-- Drop expired entries.
local function age(stream, history_ms)
  local oldest = now() - history_ms / 1000
  local first = redis.call('XRANGE', stream, '-', '+', 'COUNT', 1)[1]
  while first and tonumber(first[2][2]) <= oldest do
    local batch = redis.call('XRANGE', stream, '-', '+', 'COUNT', 64)
    local keep = offset_of(batch[#batch][1]) + 1
    for _, entry in ipairs(batch) do
      if tonumber(entry[2][2]) > oldest then
        keep = offset_of(entry[1])
        break
      end
    end
    redis.call('XTRIM', stream, 'MINID', whole(keep))
    first = redis.call('XRANGE', stream, '-', '+', 'COUNT', 1)[1]
  end
end
