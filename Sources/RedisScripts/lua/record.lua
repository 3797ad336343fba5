-- Adds a line to the audit log. KEYS: meta, audit, history.
-- ARGV: now, the most lines, their greatest age; account, address, action, article, subject, detail.
local now = clock(ARGV[1])
add_audit(KEYS[1], KEYS[2], KEYS[3], integer(now), unpack(ARGV, 4, 9))
trim_audit(KEYS[1], KEYS[2], KEYS[3], now, tonumber(ARGV[2]), now - tonumber(ARGV[3]))
return 1
