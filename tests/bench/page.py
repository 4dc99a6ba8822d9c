"""The results as a page of the documentation."""

from bench import tables
from bench.plan import Plan
from bench.results import Results
from bench.targets import verdicts

INTRODUCTION = """\
# Performance

Made by `make bench`; run it again to know how it is on your machine, and quote the ratios, not the numbers.

![How many times the naive version's requests a second each contender answers](performance.svg)

*ours* is this project as `compose.yaml` runs it: two worker processes, WAL with `synchronous=FULL`. *naive* is the
service as a course would write it (`tests/bench/naive`): an async session for each request, no pragmas, one uvicorn
process; *naive, 2 proc.* is the same with as many processes as ours. *constant* is FastAPI answering `{"results":[1]}`
without any database under the server of this project, and *sqlite3* the bare library in a loop, without any server.
"""

METHOD = """\
## How it was made

All contenders run in containers on one machine, alike in everything but the code: read-only root, an init process, a
volume of their own on the same disk, the same log driver, no CPU or memory limits, no health check. wrk, in one
thread, sends the load from within the network namespace of the container under test, so that no proxy is in between;
it shares the cores with the service. For each row the contenders take turns, {rounds} times {seconds:g} s each after a
warm-up, and the others are paused meanwhile. What is shown is the median of the rounds, in brackets the lowest and the
highest; the ratios of single rounds are of neighbours in time. Tables begin with 1 000 rows. Reads ask for random ids,
the 90/10 mix is nine such reads to one durable create. An error is any answer that is not 2xx, and any connection that
failed. The percentiles are those of wrk, which corrects them for requests that could not be sent while others waited
(coordinated omission): one stall counts for all the requests that the service answers in that time else, so it weighs
more the faster the service is. The naive `/db-check` is `SELECT 1`, which touches no file; ours looks at the file, a
page, the schema and the write lock.
"""


def page(results: Results, plan: Plan) -> str:
    """Write the whole page, the rows that were lost too."""
    shown = (
        tables.judged(verdicts(results)),
        tables.rates(results),
        tables.latencies(results),
        tables.facts(results),
    )
    parts = [
        INTRODUCTION,
        *(f"## {table.title}\n\n{table.markdown()}\n" for table in shown),
        METHOD.format(rounds=plan.rounds, seconds=plan.seconds),
        "".join(f"- {what}: {value}\n" for what, value in results.machine.items()),
    ]
    return "\n".join(parts)
