-- Sends the requests of a file in turn, again and again: wrk -s load.lua URL -- FILE. See load.ts.
-- A line is a method, a path, and perhaps a body, with blanks between them.
local requests, last = {}, 0

function init(arguments)
  for line in io.lines(arguments[1]) do
    local method, path, body = line:match('^(%S+) (%S+) ?(.*)$')
    if body == '' then body = nil end
    requests[#requests + 1] = wrk.format(method, path, nil, body)
  end
end

function request()
  last = last % #requests + 1
  return requests[last]
end
