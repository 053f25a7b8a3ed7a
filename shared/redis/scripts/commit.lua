-- Applies commits: each is a set of writes that is made if, and only if, every expectation of it still holds. Those that a
-- process asks for in one turn come together, cost one call, and wait for the disk together; each stands by itself.
--
-- KEYS     the keys of all commits, one commit's after the other's; those of documents all in one hash slot
-- ARGV     of each commit in turn a plan, and the texts that it takes one after the other: the id of its guard, the value of
--          its mark, the arguments of its writes. The plan has words between blanks; a key is its index among the commit's
--          own, 0 where there is none:
--            how many keys and how many texts it has
--            guard: key; with one: generation, sequence, and 1 to advance it
--            mark: key
--            how many expectations; of each its key, and the version of the document read ("0": it must not exist)
--            writes, until the end: of each its command, key, and how many arguments
-- returns  for each commit [1] when applied, [0] when an expectation failed, [-1] when the guard failed; in the
--          latter two it changed nothing. With a guard that advances: [1, generation, sequence]. An error where one of its
--          writes was refused. An error for all of them means that nothing was changed at all.
--
-- Why a script: the caller decided on the documents that it read. Between that reading and this
-- writing another process may have changed them; then nothing at all may be written.
--
-- The guard is the epoch of the state: the same installation, and not older than what is known
-- outside Redis. A Redis that was emptied, replaced or set back fails it.

local hasWritten = false

local function write(...)
  local done = redis.call(...)
  hasWritten = true
  return done
end

local function commit(word, keys, at)
  local guard = tonumber(word())
  local generation, sequence, advances

  if guard > 0 then
    local id, leastGeneration, leastSequence = ARGV[at], tonumber(word()), tonumber(word())
    at, advances = at + 1, word() == '1'
    local held = redis.call('HMGET', KEYS[keys + guard], 'id', 'generation', 'sequence', 'doubt')
    generation, sequence = tonumber(held[2]), tonumber(held[3])
    if held[1] ~= id or held[4] or not generation or not sequence then
      return { -1 }
    end
    if generation < leastGeneration then
      return { -1 }
    end
    if generation == leastGeneration and sequence < leastSequence then
      return { -1 }
    end
  end

  -- Shows, on whichever server it is read later, that this commit has arrived there; also one that changes
  -- nothing, as what it rests on must not be lost either.
  local mark = tonumber(word())
  if mark > 0 then
    write('SET', KEYS[keys + mark], ARGV[at], 'PX', 60000)
    at = at + 1
  end

  for _ = 1, tonumber(word()) do
    local key, expected = KEYS[keys + tonumber(word())], word()
    local version = redis.call('HGET', key, 'version') or '0'
    if version ~= expected then
      return { 0 }
    end
  end

  for command in word do
    local key, count = KEYS[keys + tonumber(word())], tonumber(word())
    write(command, key, unpack(ARGV, at, at + count - 1))
    at = at + count
  end

  if advances then
    sequence = write('HINCRBY', KEYS[keys + guard], 'sequence', 1)
    return { 1, generation, sequence }
  end

  return { 1 }
end

local results = {}
local keys, at = 0, 1
while at <= #ARGV do
  local word = string.gmatch(ARGV[at], '%S+')
  local keyCount, count = tonumber(word()), tonumber(word())
  local done, result = pcall(commit, word, keys, at + 1)
  if not done then
    -- Redis 7 gives a table, those before it a text that begins with the place.
    local reason = type(result) == 'table' and result.err or string.gsub(result, '^@user_script: ?%d+: ', '')
    result = { err = reason }
    if not hasWritten then
      return result
    end
  end
  results[#results + 1] = result
  keys, at = keys + keyCount, at + 1 + count
end
return results
