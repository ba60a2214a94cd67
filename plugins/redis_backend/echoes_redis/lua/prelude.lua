-- Stands before every script. now(): Redis' own clock, Unix seconds as a number, the same throughout a script.
local moment
local function now()
  if not moment then
    local time = redis.call('TIME')
    moment = tonumber(time[1]) + tonumber(time[2]) / 1000000
  end
  return moment
end
