-- Release a lease; returns 1, or 0 when the token does not hold it any more.
-- KEYS[1] lease, string
-- ARGV[1] token
if redis.pcall('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
