"""A whole OpenStack Swift in one process, speaking S3, for Debian's Python (`python3-swift`): run, not imported.

`/usr/bin/python3 object_store_swift.py FOLDER PORT`: proxy, account, container and object server with one replica each
on a folder of files. Access key `parvis:files`, secret key the content of `FOLDER/secret`.
"""

# What Debian's Python has: the project's own checks know none of these libraries.
import os
import sys
from pathlib import Path

import eventlet

eventlet.monkey_patch()

from eventlet import wsgi  # noqa: E402
from swift.common import storage_policy, utils  # noqa: E402
from swift.common.ring import RingBuilder  # noqa: E402
from swift.common.wsgi import loadapp  # noqa: E402

BACKEND = """[DEFAULT]
devices = {folder}/devices
mount_check = false
swift_dir = {folder}
[pipeline:main]
pipeline = {kind}-server
[app:{kind}-server]
use = egg:swift#{kind}
"""
PROXY = """[DEFAULT]
swift_dir = {folder}
[pipeline:main]
pipeline = catch_errors cache listing_formats s3api tempauth slo dlo proxy-server
[app:proxy-server]
use = egg:swift#proxy
allow_account_management = true
account_autocreate = true
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:1
[filter:listing_formats]
use = egg:swift#listing_formats
[filter:s3api]
use = egg:swift#s3api
location = fr-test
[filter:tempauth]
use = egg:swift#tempauth
user_parvis_files = {secret} .admin
[filter:slo]
use = egg:swift#slo
[filter:dlo]
use = egg:swift#dlo
"""


def main(folder, port):
    """Serve until killed."""
    secret = (folder / "secret").read_text().strip()
    (folder / "devices/disk").mkdir(parents=True, exist_ok=True)
    # Swift signs its hashed names with this; without the file it does not start.
    (folder / "swift.conf").write_text("[swift-hash]\nswift_hash_path_suffix = parvis\n")
    utils.set_swift_dir(str(folder))
    storage_policy.reload_storage_policies()
    listening = {kind: eventlet.listen(("127.0.0.1", 0)) for kind in ("account", "container", "object")}
    for kind, server in listening.items():
        _ring(folder, kind, server.getsockname()[1])
    for kind, server in listening.items():
        text = BACKEND.format(folder=folder, kind=kind)
        eventlet.spawn(wsgi.server, server, _app(folder, kind, text), log_output=False)
    # Last: whoever finds it open finds everything open.
    text = PROXY.format(folder=folder, secret=secret)
    wsgi.server(eventlet.listen(("127.0.0.1", port)), _app(folder, "proxy", text), log_output=False)


def _ring(folder, kind, port):
    builder = RingBuilder(part_power=3, replicas=1, min_part_hours=0)
    builder.add_dev({"region": 1, "zone": 1, "ip": "127.0.0.1", "port": port, "device": "disk", "weight": 1.0})
    builder.rebalance()
    builder.get_ring().save(str(folder / f"{kind}.ring.gz"))


def _app(folder, kind, text):
    path = folder / f"{kind}-server.conf"
    path.write_text(text)
    path.chmod(0o600)
    return loadapp(str(path), global_conf={"swift_dir": str(folder)})


if __name__ == "__main__":
    os.umask(0o077)
    main(Path(sys.argv[1]), int(sys.argv[2]))
