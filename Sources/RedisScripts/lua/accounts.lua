-- All accounts, tokens and sessions, and which change they belong to, at one moment.
--
-- KEYS: meta, accounts, tokens, sessions.
return {
    redis.call('HMGET', KEYS[1], 'changes', 'last_account', 'last_token', 'last_session'),
    redis.call('HVALS', KEYS[2]), redis.call('HVALS', KEYS[3]), redis.call('HVALS', KEYS[4]),
}
