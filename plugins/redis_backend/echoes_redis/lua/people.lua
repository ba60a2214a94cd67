-- Shared by the scripts of bodies. A line of `names` has the name, the name folded, and the rest of that from each later word.
-- An index is a sorted set of equal scores. Its members are '=' and the folded name, or '~' and such a rest; a newline; the character.
local function members(line, character)
  local found = {}
  for part in string.gmatch(string.match(line, '\n.*$') or '', '\n([^\n]*)') do
    found[#found + 1] = (#found == 0 and '=' or '~') .. part .. '\n' .. character
  end
  return found
end

local function enter(index, line, character)
  for _, member in ipairs(members(line, character)) do redis.call('ZADD', index, 0, member) end
end

local function leave(index, line, character)
  for _, member in ipairs(members(line, character)) do redis.pcall('ZREM', index, member) end
end

-- Of these characters, those with a body in the location (anywhere for an empty one): character, name, location, '1' or '0'.
local function described(characters, bodies, names, holders, location)
  if #characters == 0 then return {} end
  local at = redis.call('HMGET', bodies, unpack(characters))
  local called = redis.call('HMGET', names, unpack(characters))
  local held = redis.call('HMGET', holders, unpack(characters))
  local found = {}
  for i, character in ipairs(characters) do
    local place = at[i] and string.match(at[i], '^%d+ %-?%d+ (.*)$')
    if place and (location == '' or location == '=' .. place) then
      found[#found + 1] = character
      found[#found + 1] = string.match(called[i] or '', '^[^\n]*')
      found[#found + 1] = place
      found[#found + 1] = held[i] and '1' or '0'
    end
  end
  return found
end
