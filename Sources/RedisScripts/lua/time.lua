-- Put before the scripts that need the time: the server's own, for no node's clock may decide for all of them.

-- Milliseconds since 1970. What a test says it is, if that is not empty.
local function clock(said)
    if said ~= '' then return tonumber(said) end
    local time = redis.call('TIME')
    return time[1] * 1000 + math.floor(time[2] / 1000)
end

local function integer(number) return string.format('%.0f', number) end
