-- Compare-and-set of the keys of a file: wrk -s compare.lua URL -- FILE. See load.ts.
-- A line is a method, a path that ends in a key, and a body, with blanks between them. A key that
-- has a request under way waits for its answer, which bears the key and the version.
local entries, versions, free, first, last = {}, {}, {}, 1, 0

local function release(key)
  last = last + 1
  free[last] = key
end

function init(arguments)
  for line in io.lines(arguments[1]) do
    local method, path, body = line:match('^(%S+) (%S+) (.*)$')
    local key = path:match('[^/]+$')
    entries[key] = { method = method, path = path, body = body }
    release(key)
  end
end

-- wrk makes a request to look at it, and does not send it.
local looked = false

function request()
  local key = free[first]
  if looked then
    free[first] = nil
    first = first + 1
  end
  looked = true
  local entry = entries[key]
  local headers = {}
  for name, text in pairs(wrk.headers) do headers[name] = text end
  if versions[key] == nil then
    headers['If-None-Match'] = '*'
  else
    headers['If-Match'] = versions[key]
  end
  return wrk.format(entry.method, entry.path, headers, entry.body)
end

function response(status, headers, body)
  local key = body:match('"key":"([^"]+)"')
  if key == nil then return end
  versions[key] = '"' .. body:match('"version":"([^"]+)"') .. '"'
  release(key)
end
