/**
 * KEYS: the position, then the hashes and unique sets that change. ARGV: the position expected (empty when none), the next one, the
 * channel, JSON `[hashes, sets, lifetimes]`: `[[key numbers], [field, amount, …]]`, `[[key numbers], members of 16
 * digits each, one after the other]`, milliseconds by key, and what to publish. A lifetime is set where the key may be new.
 *
 * The position is written first: if the server may not write (out of memory, read-only), nothing has been changed. An addition that would
 * overflow 64 bits is skipped: a failing script would stop midway and would not be rolled back.
 */
const APPLY = `
local found = redis.call('GET', KEYS[1]) or ''
if found == ARGV[2] then return {'repeated', found} end
if found ~= ARGV[1] then return {'moved', found} end
local changes = cjson.decode(ARGV[4])
redis.call('SET', KEYS[1], ARGV[2])
local pcall = redis.pcall
local function expire(number) pcall('PEXPIRE', KEYS[number], changes[3][number - 1]) end
for _, hash in ipairs(changes[1]) do
  local fields = hash[2]
  for _, number in ipairs(hash[1]) do
    local key = KEYS[number]
    -- A hash that was not there has none of its fields.
    if pcall('HINCRBY', key, fields[1], fields[2]) == tonumber(fields[2]) then expire(number) end
    for i = 3, #fields, 2 do pcall('HINCRBY', key, fields[i], fields[i + 1]) end
  end
end
for _, set in ipairs(changes[2]) do
  local members = {}
  for at = 1, #set[2], 16 do members[#members + 1] = string.sub(set[2], at, at + 15) end
  for _, number in ipairs(set[1]) do
    local key = KEYS[number]
    -- Lua's stack holds some 8,000 arguments.
    for i = 1, #members, 4000 do
      if pcall('PFADD', key, unpack(members, i, math.min(i + 3999, #members))) == 1 then expire(number) end
    end
  end
end
redis.call('PUBLISH', ARGV[3], ARGV[5])
return {'applied', ARGV[2]}
`

/** KEYS: hashes. Returns every field with its sum over the hashes. */
const SUM = `
local sums = {}
for _, key in ipairs(KEYS) do
  local hash = redis.call('HGETALL', key)
  for i = 1, #hash, 2 do
    local field = hash[i]
    sums[field] = (sums[field] or 0) + hash[i + 1]
  end
end
local answer = {}
for field, sum in pairs(sums) do
  answer[#answer + 1] = field
  answer[#answer + 1] = string.format('%.0f', sum)
end
return answer
`

/** KEYS: a scratch key, then unique sets. Returns the union of the sets as one string. */
const UNION = `
redis.call('PFMERGE', unpack(KEYS))
local union = redis.call('GET', KEYS[1])
redis.call('DEL', KEYS[1])
return union
`

/** KEYS: one scratch key for each union in ARGV. Returns how many members are in any of the unions. */
const COUNT_UNIONS = `
for i, key in ipairs(KEYS) do redis.call('SET', key, ARGV[i]) end
local count = redis.call('PFCOUNT', unpack(KEYS))
redis.call('DEL', unpack(KEYS))
return count
`

/** KEYS: the position. ARGV: the pattern of all the partition's keys, and the channel. */
const RESET = `
redis.call('DEL', KEYS[1])
local removed = 0
local cursor = '0'
repeat
  local found = redis.call('SCAN', cursor, 'MATCH', ARGV[1], 'COUNT', 10000)
  cursor = found[1]
  for _, key in ipairs(found[2]) do removed = removed + redis.call('UNLINK', key) end
until cursor == '0'
redis.call('PUBLISH', ARGV[2], '')
return removed
`

export const SCRIPTS = {
  northstarApply: { lua: APPLY },
  northstarSum: { lua: SUM, readOnly: true },
  northstarUnion: { lua: UNION },
  northstarCountUnions: { lua: COUNT_UNIONS },
  northstarReset: { lua: RESET },
} as const
