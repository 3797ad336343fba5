-- Keeps a one-time admission. KEYS: tickets, their expiries. ARGV: hash, JSON, lifetime, the most.
-- Returns 1, or 0 if there are too many.
local tickets, expiries = unpack(KEYS)
local now = clock('')
local expired = redis.call('ZRANGEBYSCORE', expiries, '-inf', integer(now), 'LIMIT', 0, 200)
if #expired > 0 then
    redis.call('HDEL', tickets, unpack(expired))
    redis.call('ZREM', expiries, unpack(expired))
end
if redis.call('ZCARD', expiries) >= tonumber(ARGV[4]) then return 0 end
redis.call('HSET', tickets, ARGV[1], ARGV[2])
redis.call('ZADD', expiries, integer(now + tonumber(ARGV[3])), ARGV[1])
return 1
