/**
 * All scripts use the same four keys, which share a hash tag, so that a cluster keeps them together:
 * documents (hash of `version nonce json`), index (sorted set of the documents' keys), leases (hash of `token expiry nonce holder`), and
 * the sequence of versions and tokens.
 *
 * After a broken connection a client sends a script again without knowing whether it has run. A write that finds its own nonce was done
 * already, and returns the same result.
 */
const SPLIT = `
local function words(text, n)
  local found, from = {}, 1
  for i = 1, n - 1 do
    local at = string.find(text, ' ', from, true)
    found[i] = string.sub(text, from, at - 1)
    from = at + 1
  end
  found[n] = string.sub(text, from)
  return found
end
local function refused(key, ifVersion, lease, token)
  if ifVersion ~= '' then
    local found = redis.call('HGET', KEYS[1], key)
    if (found and words(found, 3)[1] or '0') ~= ifVersion then return true end
  end
  if lease ~= '' then
    local held = redis.call('HGET', KEYS[3], lease)
    if not held or words(held, 4)[1] ~= token then return true end
  end
  return false
end
local function now()
  local t = redis.call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end
`

/** key, ifVersion, lease, token, nonce, json → version, or 0 when refused. */
export const PUT = `${SPLIT}
local found = redis.call('HGET', KEYS[1], ARGV[1])
if found then
  local w = words(found, 3)
  if w[2] == ARGV[5] then return tonumber(w[1]) end
end
if refused(ARGV[1], ARGV[2], ARGV[3], ARGV[4]) then return 0 end
local version = redis.call('INCR', KEYS[4])
redis.call('HSET', KEYS[1], ARGV[1], version .. ' ' .. ARGV[5] .. ' ' .. ARGV[6])
redis.call('ZADD', KEYS[2], 0, ARGV[1])
return version
`

/** key, ifVersion, lease, token → 1, or 0 when refused. A repeated delete of an absent key succeeds. */
export const DELETE = `${SPLIT}
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then
  if ARGV[3] ~= '' and refused(ARGV[1], '', ARGV[3], ARGV[4]) then return 0 end
  return 1
end
if refused(ARGV[1], ARGV[2], ARGV[3], ARGV[4]) then return 0 end
redis.call('HDEL', KEYS[1], ARGV[1])
redis.call('ZREM', KEYS[2], ARGV[1])
return 1
`

/** lease, token, nonce, JSON `[key, json, key, json, …]` of the puts, JSON `[key, …]` of the deletions → 1, or 0 when refused. */
export const WRITE = `${SPLIT}
if refused('', '', ARGV[1], ARGV[2]) then return 0 end
local puts = cjson.decode(ARGV[4])
-- Puts come first: out of memory, Redis refuses the first of them, and nothing has happened yet.
for i = 1, #puts, 2 do
  local version = redis.call('INCR', KEYS[4])
  redis.call('HSET', KEYS[1], puts[i], version .. ' ' .. ARGV[3] .. ' ' .. puts[i + 1])
  redis.call('ZADD', KEYS[2], 0, puts[i])
end
for _, key in ipairs(cjson.decode(ARGV[5])) do
  redis.call('HDEL', KEYS[1], key)
  redis.call('ZREM', KEYS[2], key)
end
return 1
`

/** prefix, end of the range → key, stored, key, stored, … */
export const LIST = `
local keys = redis.call('ZRANGEBYLEX', KEYS[2], '[' .. ARGV[1], '(' .. ARGV[2])
local answer = {}
for from = 1, #keys, 1000 do
  local part = {unpack(keys, from, math.min(from + 999, #keys))}
  local values = redis.call('HMGET', KEYS[1], unpack(part))
  for i = 1, #part do
    answer[#answer + 1] = part[i]
    answer[#answer + 1] = values[i]
  end
end
return answer
`

/** name, holder, ttl, nonce → token, or 0 while another holder has it. */
export const ACQUIRE = `${SPLIT}
local held = redis.call('HGET', KEYS[3], ARGV[1])
local t = now()
if held then
  local w = words(held, 4)
  if w[3] == ARGV[4] then return tonumber(w[1]) end
  if w[4] ~= ARGV[2] and tonumber(w[2]) > t then return 0 end
end
local token = redis.call('INCR', KEYS[4])
redis.call('HSET', KEYS[3], ARGV[1], token .. ' ' .. string.format('%d', t + ARGV[3]) .. ' ' .. ARGV[4] .. ' ' .. ARGV[2])
return token
`

/** name, token, ttl (0 to release) → 1, or 0 if another holder has acquired it. */
export const RENEW = `${SPLIT}
local held = redis.call('HGET', KEYS[3], ARGV[1])
if not held then return 0 end
local w = words(held, 4)
if w[1] ~= ARGV[2] then return 0 end
local expiry = '0'
if tonumber(ARGV[3]) > 0 then expiry = string.format('%d', now() + ARGV[3]) end
redis.call('HSET', KEYS[3], ARGV[1], w[1] .. ' ' .. expiry .. ' ' .. w[3] .. ' ' .. w[4])
return 1
`
