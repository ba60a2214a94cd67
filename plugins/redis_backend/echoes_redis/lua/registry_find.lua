-- The bodies in a location, or in the world, that a word may mean: {character, name, location, connected, ...}.
-- KEYS[1] index, sorted set   KEYS[2] bodies, hash   KEYS[3] names, hash   KEYS[4] holders, hash
-- ARGV[1] '=' and the location, or empty   ARGV[2] how many at most   ARGV[3] the word if it is an id, or empty
-- ARGV[4...] lower and upper bounds, in the order of what they find
local characters, known = {}, {}
local function add(character)
  if not known[character] and #characters < tonumber(ARGV[2]) then
    known[character] = true
    characters[#characters + 1] = character
  end
end
if ARGV[3] ~= '' and #described({ARGV[3]}, KEYS[2], KEYS[3], KEYS[4], ARGV[1]) > 0 then add(ARGV[3]) end
for i = 4, #ARGV, 2 do
  for _, member in ipairs(redis.call('ZRANGEBYLEX', KEYS[1], ARGV[i], ARGV[i + 1], 'LIMIT', 0, ARGV[2])) do
    add(string.match(member, '%d+$'))
  end
end
return described(characters, KEYS[2], KEYS[3], KEYS[4], ARGV[1])
