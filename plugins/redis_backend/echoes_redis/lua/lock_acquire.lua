-- Take a lease; returns {1, token, now}, or {0, ms until it expires, now} when it is taken.
-- KEYS[1] lease, string   KEYS[2] last token, string
-- ARGV[1] ttl in ms   ARGV[2] how long the last token is kept, ms
local moment = now()
local left = redis.call('PTTL', KEYS[1]) -- a lease always expires: a key without expiry is foreign
if left >= 0 then return {0, left, string.format('%.6f', moment)} end
local token = math.max((tonumber(redis.pcall('GET', KEYS[2])) or 0) + 1, math.floor(moment * 1000000))
local written = string.format('%.0f', token)
redis.call('SET', KEYS[1], written, 'PX', ARGV[1])
redis.call('SET', KEYS[2], written, 'PX', ARGV[2])
return {1, written, string.format('%.6f', moment)}
