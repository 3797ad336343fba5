-- Carries out commands of publishers, in order, each wholly or not at all.
--
-- ARGV: now (usually empty: the server's time), the nonce of a term that may begin, the most events, their greatest age, how long an idempotency key is
-- remembered, the most lines of the audit log, their greatest age; times in milliseconds. Then the commands, or none: then
-- only what is too much or too old goes.
--   c  account address published topic title body author key fingerprint
--   u  id account address condition updated topic title body author
--   d  id account address condition
-- title, body and author are JSON strings; what is empty is absent. A condition is *, or entity tags with commas.
--
-- Returns for each command what became of it:
--   {c, id, cursor, answer} {r, answer} {k} {n} {p, cursor} {u, cursor, record} {d}
local meta, terms, events, articles, index, by_topic, topics, keys, expiries, audit, history = unpack(KEYS)
local now, nonce = clock(ARGV[1]), ARGV[2]
local max_events, max_age, key_lifetime = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local max_audit, max_audit_age = tonumber(ARGV[6]), tonumber(ARGV[7])

local known = redis.call('HMGET', meta, 'seq', 'article', 'nonce', 'replid', 'oldest', 'oldest_at')
local seq, article_id = tonumber(known[1] or '0'), tonumber(known[2] or '0')
local oldest, oldest_at = tonumber(known[5] or '1'), tonumber(known[6] or '')
-- Another primary writes since, or the same one after a restart: what was lost in between must not go unnoticed.
local replid = string.match(redis.call('INFO', 'replication'), 'master_replid:(%x+)')
local begins_term = known[4] ~= replid
if not begins_term then nonce = known[3] end

local function padded(id) return string.format('%016.0f', id) end

-- The place of the next event.
local function next_cursor()
    seq = seq + 1
    if begins_term then
        redis.call('ZADD', terms, seq, integer(seq) .. '-' .. nonce)
        -- A term is begun at every restart; the oldest ones are long before the oldest event.
        redis.call('ZREMRANGEBYRANK', terms, 0, -1001)
        redis.call('HSET', meta, 'nonce', nonce, 'replid', replid)
        begins_term = false
    end
    return integer(seq) .. '-' .. nonce
end

local function add_event(cursor, kind, id, fields, topic, previous)
    local json = '{"model":"articles.article","pk":' .. id .. ',"fields":' .. fields .. ',"event":"' .. kind ..
        '","cursor":"' .. cursor .. '"}'
    -- Fails if it is not the newest.
    redis.call('XADD', events, integer(seq) .. '-0', 'n', nonce, 'k', kind, 't', topic, 'p', previous, 'c',
        integer(now), 'j', json)
    redis.call('HSET', meta, 'seq', integer(seq))
end

local function members(title, body, topic, author, published, updated)
    return '"title":' .. title .. ',"body":' .. body .. ',"topic":"' .. topic .. '","author":' .. author ..
        ',"published":"' .. published .. '","updated":' .. (updated == '' and 'null' or '"' .. updated .. '"')
end

-- An article as it is kept: JSON has no line breaks of its own.
local function record(created, version, topic, published, updated, title, author, body)
    return table.concat({created, version, topic, published, updated, title, author, body}, '\n')
end

local function read(id)
    local text = redis.call('HGET', articles, id)
    if not text then return nil end
    local created, version, topic, published, updated, title, author, body =
        string.match(text, '^(.-)\n(.-)\n(.-)\n(.-)\n(.-)\n(.-)\n(.-)\n(.*)$')
    return {created = created, version = version, topic = topic, published = published, updated = updated,
        title = title, author = author, body = body}
end

local function plain(json) return cjson.decode('[' .. json .. ']')[1] end

local function count_topic(topic, difference)
    if tonumber(redis.call('ZINCRBY', topics, difference, topic)) <= 0 then redis.call('ZREM', topics, topic) end
end

local function create(account, address, published, topic, title, body, author, key, fingerprint)
    if key ~= '' then
        local earlier = redis.call('HGET', keys, key)
        if earlier then
            local expires, of, answer = string.match(earlier, '^(%d+)\n(%x*)\n(.*)$')
            if tonumber(expires) >= now then
                if of ~= fingerprint then return {'k'} end
                -- A write, so that WAIT behind this call waits for what was written the first time too.
                redis.call('HINCRBY', meta, 'repeated', 1)
                return {'r', answer}
            end
        end
    end
    local cursor = next_cursor()
    article_id = article_id + 1
    local id = integer(article_id)
    local fields = members(title, body, topic, author, published, '')
    add_event(cursor, 'created', id, '{' .. fields .. '}', topic, '')
    redis.call('HSET', meta, 'article', id)
    redis.call('HSET', articles, id, record(cursor, cursor, topic, published, '', title, author, body))
    redis.call('ZADD', index, id, id)
    redis.call('ZADD', by_topic, 0, topic .. ':' .. padded(article_id))
    count_topic(topic, 1)
    -- Its title is found at the article.
    add_audit(meta, audit, history, integer(now), account, address, 'article created', id, '', '')
    local answer = '{"id":' .. id .. ',' .. fields .. ',"cursor":"' .. cursor .. '"}'
    if key ~= '' then
        local expires = integer(now + key_lifetime)
        redis.call('HSET', keys, key, expires .. '\n' .. fingerprint .. '\n' .. answer)
        redis.call('ZADD', expiries, expires, key)
    end
    return {'c', id, cursor, answer}
end

-- The article, or why nothing is done.
local function find(id, condition)
    local article = read(id)
    if not article then return nil, {'n'} end
    if condition ~= '' and condition ~= '*' and
        not string.find(',' .. condition .. ',', ',"' .. article.version .. '",', 1, true) then
        return nil, {'p', article.version}
    end
    return article
end

local function update(id, account, address, condition, updated, topic, title, body, author)
    local old, refusal = find(id, condition)
    if not old then return refusal end
    local new = {topic = topic, title = title, body = body, author = author}
    for _, name in ipairs({'topic', 'title', 'body', 'author'}) do
        if new[name] == '' then new[name] = old[name] end
    end
    local changes = {}
    if new.title ~= old.title then table.insert(changes, 'title was “' .. plain(old.title) .. '”') end
    if new.topic ~= old.topic then table.insert(changes, 'topic was ' .. old.topic) end
    if new.author ~= old.author then table.insert(changes, 'author was ' .. plain(old.author)) end
    if new.body ~= old.body then table.insert(changes, 'body') end
    local cursor = next_cursor()
    local fields = members(new.title, new.body, new.topic, new.author, old.published, updated)
    add_event(cursor, 'updated', id, '{' .. fields .. '}', new.topic, new.topic ~= old.topic and old.topic or '')
    local text = record(old.created, cursor, new.topic, old.published, updated, new.title, new.author, new.body)
    redis.call('HSET', articles, id, text)
    if new.topic ~= old.topic then
        redis.call('ZREM', by_topic, old.topic .. ':' .. padded(id))
        redis.call('ZADD', by_topic, 0, new.topic .. ':' .. padded(id))
        count_topic(old.topic, -1)
        count_topic(new.topic, 1)
    end
    add_audit(meta, audit, history, integer(now), account, address, 'article changed', id, plain(new.title),
        #changes == 0 and 'nothing' or table.concat(changes, ', '))
    return {'u', cursor, text}
end

local function delete(id, account, address, condition)
    local old, refusal = find(id, condition)
    if not old then return refusal end
    local cursor = next_cursor()
    add_event(cursor, 'deleted', id, 'null', old.topic, '')
    redis.call('HDEL', articles, id)
    redis.call('ZREM', index, id)
    redis.call('ZREM', by_topic, old.topic .. ':' .. padded(id))
    count_topic(old.topic, -1)
    add_audit(meta, audit, history, integer(now), account, address, 'article deleted', id, plain(old.title), '')
    return {'d'}
end

local actions = {c = {create, 9}, u = {update, 9}, d = {delete, 4}}
local outcomes, position = {}, 8
while position <= #ARGV do
    local action, count = unpack(actions[ARGV[position]])
    table.insert(outcomes, action(unpack(ARGV, position + 1, position + count)))
    position = position + count + 1
end

-- Drops a bounded number of the oldest events, strictly from the oldest on: if a clock was set back, younger ones may
-- bear older times, and must not go first, for that would leave a gap.
local cutoff = now - max_age
local first_kept = math.max(oldest, math.min(seq - max_events + 1, oldest + 2000))
if first_kept > oldest then oldest_at = nil end
for _ = 1, 2000 do
    if oldest_at and oldest_at >= cutoff then break end
    local event = redis.call('XRANGE', events, integer(first_kept) .. '-0', '+', 'COUNT', 1)[1]
    if not event then
        first_kept = seq + 1
        break
    end
    first_kept, oldest_at = tonumber(string.match(event[1], '^%d+')), tonumber(event[2][10])
    if oldest_at < cutoff then first_kept, oldest_at = first_kept + 1, nil end
end
if first_kept > oldest then redis.call('XTRIM', events, 'MINID', integer(first_kept) .. '-0') end
if first_kept > oldest or not known[5] or oldest_at ~= tonumber(known[6] or '') then
    redis.call('HSET', meta, 'oldest', integer(first_kept), 'oldest_at', oldest_at and integer(oldest_at) or '')
end

local expired = redis.call('ZRANGEBYSCORE', expiries, '-inf', '(' .. integer(now), 'LIMIT', 0, 200)
if #expired > 0 then
    redis.call('HDEL', keys, unpack(expired))
    redis.call('ZREM', expiries, unpack(expired))
end
trim_audit(meta, audit, history, now, max_audit, now - max_audit_age)
return outcomes
