-- Put before the scripts that write lines of the audit log.

-- Adds a line; empty texts are absent. Returns its number.
local function add_audit(meta, audit, history, now, account, address, action, article, subject, detail)
    local number = redis.call('HINCRBY', meta, 'audit', 1)
    redis.call('XADD', audit, number .. '-0', 'a', now, 'n', account, 'd', address, 'c', action, 'i', article,
        's', subject, 't', detail)
    if article ~= '' then redis.call('ZADD', history, article, string.format('%016d', number)) end
    return number
end

-- Drops the oldest lines, as far as they are too many or too old: a few more than a call adds, so that this keeps up.
local function trim_audit(meta, audit, history, now, most, oldest)
    local newest = tonumber(redis.call('HGET', meta, 'audit') or '0')
    for _ = 1, 200 do
        local line = redis.call('XRANGE', audit, '-', '+', 'COUNT', 1)[1]
        if not line then return end
        local number = tonumber(string.match(line[1], '^%d+'))
        if number > newest - most and tonumber(line[2][2]) >= oldest then return end
        redis.call('XDEL', audit, line[1])
        local article = line[2][10]
        if article ~= '' then redis.call('ZREM', history, string.format('%016d', number)) end
    end
end
