-- Stands before every script. now(): Redis' own clock, Unix seconds as a number.
local function now()
  local time = redis.call('TIME')
  return tonumber(time[1]) + tonumber(time[2]) / 1000000
end
