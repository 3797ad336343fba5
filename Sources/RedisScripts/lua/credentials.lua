-- Stores rows of accounts, tokens and sessions, and lines of the audit log, unless another change came first.
--
-- KEYS: meta, accounts, tokens, sessions, changes, audit, history.
-- ARGV: how many changes there were when this one was planned, now, the most lines of the audit log, their greatest
-- age; how many rows; for each kind (a, t, s), id, JSON (empty: it is removed), and 1 if it revokes. Then the lines:
-- account, address, action, subject, detail.
--
-- Returns the number of the change; -1 if another one came first.
local meta, accounts, tokens, sessions, changes, audit, history = unpack(KEYS)
local version = tonumber(redis.call('HGET', meta, 'changes') or '0')
if version ~= tonumber(ARGV[1]) then return -1 end
version = version + 1
local now = clock(ARGV[2])
local hashes = {a = accounts, t = tokens, s = sessions}
local last = {a = 'last_account', t = 'last_token', s = 'last_session'}
local fields = {}
local position = 6
for _ = 1, tonumber(ARGV[5]) do
    local kind, id, json, revokes = unpack(ARGV, position, position + 3)
    position = position + 4
    if json == '' then
        redis.call('HDEL', hashes[kind], id)
    else
        redis.call('HSET', hashes[kind], id, json)
        if tonumber(id) > tonumber(redis.call('HGET', meta, last[kind]) or '0') then
            redis.call('HSET', meta, last[kind], id)
        end
    end
    table.insert(fields, kind .. revokes .. id)
    table.insert(fields, json)
end
redis.call('XADD', changes, 'MAXLEN', '~', 1000, version .. '-0', unpack(fields))
redis.call('HSET', meta, 'changes', version)
while position <= #ARGV do
    local account, address, action, subject, detail = unpack(ARGV, position, position + 4)
    add_audit(meta, audit, history, integer(now), account, address, action, '', subject, detail)
    position = position + 5
end
trim_audit(meta, audit, history, now, tonumber(ARGV[3]), now - tonumber(ARGV[4]))
return version
