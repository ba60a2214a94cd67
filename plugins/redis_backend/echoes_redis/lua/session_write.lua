-- Change fields and refresh the expiry; returns 1, or 0 when the epoch is not the live session's. An older version changes nothing.
-- KEYS[1] session hash
-- ARGV[1] epoch   ARGV[2] ttl in ms   ARGV[3] version, or empty   ARGV[4...] field, value, ...
if redis.pcall('HGET', KEYS[1], 'epoch') ~= ARGV[1] then return 0 end
if ARGV[3] ~= '' and tonumber(ARGV[3]) < (tonumber(redis.call('HGET', KEYS[1], 'version')) or 0) then return 1 end
if #ARGV > 3 then redis.call('HSET', KEYS[1], unpack(ARGV, 4)) end
if redis.call('HGET', KEYS[1], 'websocket_connected') == '1' then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 1
