-- wrk's script: `wrk … -- WORKLOAD ROWS` sends that workload, and prints what came of it as one line of JSON.

local CREATE_EVERY = 10 -- in the mix, one request of ten

local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

local function get(path)
  return wrk.format("GET", path)
end

local function creating()
  local body = '{"name":"a task of the benchmark"}'
  return wrk.format("POST", "/tasks", { ["Content-Type"] = "application/json" }, body)
end

function init(args)
  local workload, rows = args[1], tonumber(args[2])
  math.randomseed(os.time())

  -- The parts of the request are made here, once, so that wrk has little to do while it measures.
  local head, tail = get("/tasks/ID"):match("^(.-)ID(.*)$")
  local create = creating()
  local function read()
    return head .. math.random(rows) .. tail
  end
  local sent = 0

  if workload == "read" then
    request = read
  elseif workload == "create" or workload == "create-named" then
    request = function() return create end
  elseif workload == "mix" then
    request = function()
      sent = sent + 1
      if sent % CREATE_EVERY == 0 then return create end
      return read()
    end
  else
    wrk.path = ({ ["db-check"] = "/db-check", ["list"] = "/tasks?limit=50", ["slow"] = "/slow" })[workload]
  end

  -- Looking at answers costs time, so it is done only where it is asked for.
  if workload == "create-named" then
    workers = {}
    response = function(status, headers)
      local worker = headers["x-worker"]
      if status == 201 and worker then workers[worker] = (workers[worker] or 0) + 1 end
    end
  end
end

function done(summary, latency, requests)
  local workers = {}
  for _, thread in ipairs(threads) do
    for worker, rows in pairs(thread:get("workers") or {}) do
      table.insert(workers, ('"%s":%d'):format(worker, rows))
    end
  end
  local errors = summary.errors
  print(("JSON {" ..
    '"requests":%d,"seconds":%.6f,"non_2xx":%d,"connect":%d,"read":%d,"write":%d,"timeout":%d,' ..
    '"p50":%.3f,"p95":%.3f,"p99":%.3f,"max":%.3f,"workers":{%s}}'):format(
    summary.requests, summary.duration / 1e6,
    errors.status, errors.connect, errors.read, errors.write, errors.timeout,
    latency:percentile(50) / 1e3, latency:percentile(95) / 1e3, latency:percentile(99) / 1e3, latency.max / 1e3,
    table.concat(workers, ",")))
end
