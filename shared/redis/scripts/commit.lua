-- Applies a set of writes if, and only if, every expectation still holds.
--
-- KEYS     every key named below; those of documents all in one hash slot
-- ARGV[1]  JSON { expect: [{key, version}], write: [{op, key, args}], guard?: {key, id, generation,
--          sequence, advance}, mark?: {key, value} }; `key` is an index into KEYS, `version` is that of the document read
--          ("0": it must not exist), args are strings
-- returns  [1] when applied, [0] when an expectation failed, [-1] when the guard failed; in the
--          latter two nothing was changed. With a guard that advances: [1, generation, sequence].
--
-- Why a script: the caller decided on the documents that it read. Between that reading and this
-- writing another process may have changed them; then nothing at all may be written.
--
-- The guard is the epoch of the state: the same installation, and not older than what is known
-- outside Redis. A Redis that was emptied, replaced or set back fails it.

local change = cjson.decode(ARGV[1])
local guard = change.guard
local generation, sequence

if guard then
  local held = redis.call('HMGET', KEYS[guard.key], 'id', 'generation', 'sequence', 'doubt')
  generation, sequence = tonumber(held[2]), tonumber(held[3])
  if held[1] ~= guard.id or held[4] or not generation or not sequence then
    return { -1 }
  end
  if generation < guard.generation then
    return { -1 }
  end
  if generation == guard.generation and sequence < guard.sequence then
    return { -1 }
  end
end

-- Shows, on whichever server it is read later, that this commit has arrived there; also one that changes
-- nothing, as what it rests on must not be lost either.
if change.mark then
  redis.call('SET', KEYS[change.mark.key], change.mark.value, 'PX', 60000)
end

for _, expectation in ipairs(change.expect) do
  local version = redis.call('HGET', KEYS[expectation.key], 'version') or '0'
  if version ~= expectation.version then
    return { 0 }
  end
end

for _, write in ipairs(change.write) do
  redis.call(write.op, KEYS[write.key], unpack(write.args))
end

if guard and guard.advance then
  sequence = redis.call('HINCRBY', KEYS[guard.key], 'sequence', 1)
  return { 1, generation, sequence }
end

return { 1 }
