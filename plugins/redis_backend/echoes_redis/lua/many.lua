-- Stands behind a script that is the function once() here: runs it for each of several calls. One that fails keeps no other one from running.
-- KEYS: those of all calls, one after the other
-- ARGV: for each call the number of its KEYS, the number of its ARGV, and these ARGV
-- Returns the reply or the error of each call.
local replies, before, place = {}, 0, 1
while place < #ARGV do
  local keys, args = {}, {}
  for i = 1, tonumber(ARGV[place]) do keys[i] = KEYS[before + i] end
  for i = 1, tonumber(ARGV[place + 1]) do args[i] = ARGV[place + 1 + i] end
  before, place = before + #keys, place + 2 + #args
  local done, reply = pcall(once, keys, args)
  if not done and type(reply) ~= 'table' then reply = {err = reply} end
  replies[#replies + 1] = reply or false
end
return replies
