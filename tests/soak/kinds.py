"""All that the nemesis may choose.

Not among them is what loses something by its nature, such as putting an older copy in the place of the file. What takes
the log, the index or the file away goes with no death of a process: nobody would live to bring home what only an open
file still holds.
"""

from functools import partial

from soak import volume
from soak.kind import Kind
from support import faults, processes

PROCESS = frozenset({"process"})
FILE = frozenset({"file", "process"})
SHARED = frozenset({"file"})
WATCHED = frozenset({"network", "process"})
WATCHER = frozenset({"watcher"})

KINDS = (
    Kind("worker killed", partial(processes.workers_killed, which="[:1]"), PROCESS, 15, lasts=False),
    Kind("all workers killed", processes.workers_killed, PROCESS, 15, lasts=False),
    Kind("worker frozen", processes.worker_stopped, PROCESS, 15),
    Kind("master killed", partial(processes.crashed, service="api"), PROCESS, 30, lasts=False),
    Kind("container killed", partial(processes.ended, service="api", how="kill"), PROCESS, 30),
    Kind("container stopped", partial(processes.ended, service="api", how="stop"), PROCESS, 30),
    Kind("API paused", partial(processes.paused, service="api"), PROCESS, 20),
    Kind("network cut", faults.cut_off, WATCHED, 20),
    Kind(
        "healthchecker killed",
        partial(processes.crashed, service="healthchecker"),
        frozenset({"watcher"}),
        20,
        lasts=False,
    ),
    Kind("healthchecker paused", partial(processes.paused, service="healthchecker"), WATCHER, 20),
    Kind("CPU slow", processes.slowed, frozenset({"cpu"}), 20),
    Kind("write lock held", faults.locked, SHARED, 15),
    Kind("long reader", volume.long_reader, SHARED, 15),
    Kind("checkpoints by another", volume.checkpoints, SHARED, 15),
    Kind("backups by another", volume.backups, SHARED, 15),
    Kind("volume not permitted", faults.not_permitted, SHARED, 15),
    Kind("file moved away", volume.moved_away, FILE, 15),
    Kind("directory in its place", volume.directory_in_its_place, FILE, 15),
    Kind("other database in its place", volume.other_in_its_place, FILE, 15),
    Kind("empty file in its place", volume.empty_in_its_place, FILE, 15),
    Kind("log deleted", partial(volume.deleted, ending="-wal"), FILE, 15, lasts=False),
    Kind("index deleted", partial(volume.deleted, ending="-shm"), FILE, 15, lasts=False),
)
