"""
All of OpenStack Swift with its S3 API, on one disk and in one process: the account, container and object servers and a
proxy. Told a folder and a secret key; prints the port it listens on.
"""
import os
import sys

import eventlet

eventlet.monkey_patch()

from eventlet import wsgi
from swift.common import utils

FOLDER, SECRET = sys.argv[1:3]
SERVERS = ('account', 'container', 'object', 'proxy')


def write(name, text):
    path = os.path.join(FOLDER, name)
    with open(path, 'w') as file:
        file.write(text)
    return path


os.makedirs(os.path.join(FOLDER, 'disks', 'one'), exist_ok=True)
utils.SWIFT_CONF_FILE = write('swift.conf', '[storage-policy:0]\nname = one\ndefault = yes\n')
utils.HASH_PATH_PREFIX, utils.HASH_PATH_SUFFIX = b'before', b'after'

from swift.common.ring import RingBuilder
from swift.common.storage_policy import reload_storage_policies
from swift.common.wsgi import SwiftHttpProtocol, loadapp

reload_storage_policies()


class Quiet(SwiftHttpProtocol):
    def log_message(self, *_):
        pass


def stop_with_parent():
    """Whoever started us holds our standard input open."""
    sys.stdin.read()
    os._exit(0)


sockets = {name: eventlet.listen(('127.0.0.1', 0)) for name in SERVERS}
ports = {name: sock.getsockname()[1] for name, sock in sockets.items()}
for name in SERVERS[:3]:
    builder = RingBuilder(4, 1, 0)
    builder.add_dev({
        'id': 0, 'region': 1, 'zone': 1, 'weight': 1, 'device': 'one', 'meta': '',
        'ip': '127.0.0.1', 'port': ports[name], 'replication_ip': '127.0.0.1', 'replication_port': ports[name],
    })
    builder.rebalance()
    builder.get_ring().save(os.path.join(FOLDER, f'{name}.ring.gz'))
    write(f'{name}.conf', f"""
[DEFAULT]
swift_dir = {FOLDER}
devices = {FOLDER}/disks
mount_check = false
[pipeline:main]
pipeline = {name}
[app:{name}]
use = egg:swift#{name}
""")
write('proxy.conf', f"""
[DEFAULT]
swift_dir = {FOLDER}
[pipeline:main]
pipeline = cache s3api tempauth bulk slo dlo proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
[filter:cache]
use = egg:swift#memcache
[filter:s3api]
use = egg:swift#s3api
location = us-east-1
[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = {SECRET} .admin
[filter:bulk]
use = egg:swift#bulk
[filter:slo]
use = egg:swift#slo
[filter:dlo]
use = egg:swift#dlo
""")
for name in SERVERS:
    app = loadapp(os.path.join(FOLDER, f'{name}.conf'), global_conf={'log_name': name})
    eventlet.spawn(wsgi.server, sockets[name], app, log_output=False, protocol=Quiet, capitalize_response_headers=False)
print(ports['proxy'], flush=True)
eventlet.tpool.execute(stop_with_parent)
