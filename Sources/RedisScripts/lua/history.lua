-- Which places of the feed one can resume from: newest event, oldest event, terms; at one moment.
--
-- KEYS: meta, terms.
local known = redis.call('HMGET', KEYS[1], 'seq', 'oldest')
return {known[1] or '0', known[2] or '1', redis.call('ZRANGE', KEYS[2], 0, -1)}
