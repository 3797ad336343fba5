-- Gives up the events before one of them, for some in between are missing: nobody may resume there any more.
--
-- KEYS: meta, events. ARGV: the first event that is kept.
-- Returns 1; 0 if they had gone already, as they do in time.
local oldest, first = tonumber(redis.call('HGET', KEYS[1], 'oldest') or '1'), tonumber(ARGV[1])
if first <= oldest then return 0 end
redis.call('XTRIM', KEYS[2], 'MINID', ARGV[1] .. '-0')
redis.call('HSET', KEYS[1], 'oldest', ARGV[1], 'oldest_at', '')
return 1
