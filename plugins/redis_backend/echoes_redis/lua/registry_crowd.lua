-- Some of the bodies in a location, or in the world, by name: {their number, character, name, location, connected, ...}.
-- KEYS[1] index, sorted set   KEYS[2] bodies, hash   KEYS[3] names, hash   KEYS[4] holders, hash
-- ARGV[1] '=' and the location, or empty   ARGV[2] lower bound   ARGV[3] how many at most
local characters = {}
for i, member in ipairs(redis.call('ZRANGEBYLEX', KEYS[1], ARGV[2], '(>', 'LIMIT', 0, ARGV[3])) do
  characters[i] = string.match(member, '%d+$')
end
local found = described(characters, KEYS[2], KEYS[3], KEYS[4], ARGV[1])
table.insert(found, 1, tostring(redis.call('ZLEXCOUNT', KEYS[1], '[=', '(>')))
return found
