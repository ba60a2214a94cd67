-- Give a lease back; answers 1, or 0 when it is no longer ours.
-- KEYS[1] lease, string
-- ARGV[1] token
if redis.pcall('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
