"""The services that may run beside the API, to keep copies of its data."""

from healthchecker.neighbour import Neighbour
from healthchecker.settings import Settings
from healthchecker.told import ToldBackup, ToldReplica


class Neighbours:
    """Both of them, used or not."""

    def __init__(self, settings: Settings) -> None:
        self.backup = Neighbour("backup", settings.backup_url, ToldBackup)
        self.replica = Neighbour("replica", settings.replica_url, ToldReplica)
