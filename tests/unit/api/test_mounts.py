from pathlib import Path

import pytest

from app.mounts import is_in_container_layer, mount_of, parse_mounts

CONTAINER = """\
611 502 0:52 / / ro,relatime master:222 - overlay overlay rw,lowerdir=/a,upperdir=/b,workdir=/c
612 611 0:55 / /proc rw,nosuid,nodev,noexec,relatime - proc proc rw
613 611 0:56 / /dev rw,nosuid - tmpfs tmpfs rw,size=65536k,mode=755
620 611 254:0 /var/lib/docker/volumes/x_data/_data /data rw,relatime - ext4 /dev/vda rw
618 611 0:57 / /tmp rw,nosuid - tmpfs tmpfs rw
619 611 254:0 /var/lib/docker/containers/x/hosts /etc/hosts rw - ext4 /dev/vda rw
622 611 254:0 /srv/api.db /single/api.db rw - ext4 /dev/vda rw
621 611 254:0 /srv/two\\040words /two\\040words rw,relatime - ext4 /dev/vda rw
"""
FUSE_CONTAINER = CONTAINER.replace("- overlay overlay", "- fuse.fuse-overlayfs fuse-overlayfs")
HOST = "22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw\n"


@pytest.mark.parametrize(
    ("mountinfo", "path", "vanishes"),
    [
        (CONTAINER, "/data/api.db", False),
        (CONTAINER, "/data/not/yet/there.db", False),
        (CONTAINER, "/two words/api.db", False),
        (CONTAINER, "/srv/api.db", True),
        (CONTAINER, "/datafile.db", True),
        (CONTAINER, "/api.db", True),
        (CONTAINER, "/tmp/api.db", True),
        (CONTAINER, "/dev/shm/api.db", True),
        (CONTAINER, "/etc/hosts", True),
        (CONTAINER, "/single/api.db", True),
        (FUSE_CONTAINER, "/srv/api.db", True),
        (FUSE_CONTAINER, "/data/api.db", False),
        (HOST, "/srv/api.db", False),
        (HOST, "/tmp/api.db", False),
    ],
)
def test_only_a_path_without_a_mount_in_a_container_vanishes_with_it(
    mountinfo: str, path: str, vanishes: bool, tmp_path: Path
) -> None:
    file = tmp_path / "mountinfo"
    file.write_text(mountinfo)
    assert is_in_container_layer(Path(path), file) is vanishes


def test_a_later_mount_hides_an_earlier_one_at_the_same_point() -> None:
    later = "700 611 0:60 / /data rw - tmpfs tmpfs rw\n"
    mount = mount_of("/data/api.db", parse_mounts(CONTAINER + later))
    assert mount is not None
    assert mount.filesystem == "tmpfs"


def test_where_the_kernel_has_no_mountinfo_nothing_is_refused(tmp_path: Path) -> None:
    assert not is_in_container_layer(Path("/srv/api.db"), tmp_path / "none")
