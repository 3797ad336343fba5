-- Uses up a one-time admission. KEYS: tickets, their expiries. ARGV: hash.
-- Returns its JSON; nothing if there is none, or it is too old.
local tickets, expiries = unpack(KEYS)
local json, expires = redis.call('HGET', tickets, ARGV[1]), redis.call('ZSCORE', expiries, ARGV[1])
redis.call('HDEL', tickets, ARGV[1])
redis.call('ZREM', expiries, ARGV[1])
if json and expires and tonumber(expires) > clock('') then return json end
return false
