-- Take a character for a connection under a new epoch; returns {epoch, the former session as a flat list of field and value}.
-- KEYS[1] session hash   KEYS[2] grace, sorted set   KEYS[3] tombstone of the last close   KEYS[4] greatest epoch given out
-- ARGV[1] character   ARGV[2] ttl in ms   ARGV[3] epoch to stay above   ARGV[4...] every other field, value, ...
local former = redis.pcall('HGETALL', KEYS[1])
if former.err then
  redis.call('DEL', KEYS[1])
  former = {'foreign', former.err}
end
local alive = tonumber(redis.call('HGET', KEYS[1], 'epoch'))
local greatest = tonumber(redis.pcall('GET', KEYS[4])) or 0
local known = alive or math.max(tonumber(redis.pcall('GET', KEYS[3])) or 0, greatest)
local moment = now()
local epoch = math.max(known + 1, tonumber(ARGV[3]) + 1, math.floor(moment * 1000000))
local written = string.format('%.0f', epoch)
redis.call('HSET', KEYS[1], 'epoch', written, 'last_heartbeat', string.format('%.6f', moment), unpack(ARGV, 4))
redis.call('PEXPIRE', KEYS[1], ARGV[2])
redis.pcall('ZREM', KEYS[2], ARGV[1])
if epoch > greatest then redis.call('SET', KEYS[4], written) end
return {written, former}
