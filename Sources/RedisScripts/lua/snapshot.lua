-- The newest articles and the newest event, at one moment.
--
-- KEYS: meta, articles, index, by_topic. ARGV: how many; topics, if only some.
-- Returns the event's number and nonce, then id and record of each article, newest first.
local meta, articles, index, by_topic = unpack(KEYS)
local count = tonumber(ARGV[1])
local known = redis.call('HMGET', meta, 'seq', 'nonce')
local result = {known[1] or '0', known[2] or '00000000'}
local ids = {}
if count > 0 then
    if #ARGV == 1 then
        ids = redis.call('ZREVRANGE', index, 0, count - 1)
    else
        for position = 2, #ARGV do
            local topic = ARGV[position]
            local found = redis.call('ZREVRANGEBYLEX', by_topic, '(' .. topic .. ';', '[' .. topic .. ':', 'LIMIT', 0,
                count)
            for _, member in ipairs(found) do
                table.insert(ids, string.format('%.0f', tonumber(string.sub(member, -16))))
            end
        end
        table.sort(ids, function(left, right) return tonumber(left) > tonumber(right) end)
    end
end
for position = 1, math.min(count, #ids) do
    table.insert(result, ids[position])
    table.insert(result, redis.call('HGET', articles, ids[position]))
end
return result
