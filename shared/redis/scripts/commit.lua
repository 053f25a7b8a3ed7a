-- Applies a set of writes if, and only if, every expectation still holds.
--
-- KEYS     every key named below, all in one hash slot
-- ARGV[1]  JSON { expect: [{key, version}], write: [{op, key, args}] }; `key` is an index into KEYS,
--          `version` is that of the document read ("0": it must not exist), args are strings
-- returns  1 when applied, 0 when an expectation failed and nothing was changed
--
-- Why a script: whoever read the documents decided on what they said. Between that reading and this
-- writing another process may have changed them; then nothing at all may be written.

local change = cjson.decode(ARGV[1])

for _, expectation in ipairs(change.expect) do
  local version = redis.call('HGET', KEYS[expectation.key], 'version') or '0'
  if version ~= expectation.version then
    return 0
  end
end

for _, write in ipairs(change.write) do
  redis.call(write.op, KEYS[write.key], unpack(write.args))
end

return 1
