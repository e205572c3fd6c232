"""Swift with its S3 interface, all of it in one process, on loopback ports that were free.

swift.fixture.py DIRECTORY ACCESS_KEY SECRET_KEY. Prints the port of the S3 interface once it serves.
"""
import os
import sys
import time

import eventlet
from eventlet import wsgi
from swift.common import utils

directory, access_key, secret_key = sys.argv[1:]
utils.SWIFT_CONF_FILE = os.path.join(directory, 'swift.conf')
utils.eventlet_monkey_patch()

PARTS = ('account', 'container', 'object')
STORAGE = """
[DEFAULT]
swift_dir = {directory}
devices = {directory}/devices
mount_check = false
disable_fallocate = true
log_level = CRITICAL
[pipeline:main]
pipeline = server
[app:server]
use = egg:swift#{part}
"""
PROXY = """
[DEFAULT]
swift_dir = {directory}
log_level = CRITICAL
[pipeline:main]
pipeline = catch_errors gatekeeper cache listing_formats s3api tempauth copy slo proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:gatekeeper]
use = egg:swift#gatekeeper
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:{memcached}
[filter:listing_formats]
use = egg:swift#listing_formats
[filter:s3api]
use = egg:swift#s3api
[filter:tempauth]
use = egg:swift#tempauth
user_{user} = {secret_key} .admin
[filter:copy]
use = egg:swift#copy
[filter:slo]
use = egg:swift#slo
"""


def write(name, text):
    path = os.path.join(directory, name)
    with open(path, 'w') as file:
        file.write(text)
    return path


def port_of_memcached():
    path = os.path.join(directory, 'memcached')
    for _ in range(600):
        if os.path.exists(path):
            with open(path) as file:
                return file.read().split()[-1]
        time.sleep(0.1)
    sys.exit('memcached does not start')


def make_ring(part, port):
    from swift.common.ring import RingBuilder
    builder = RingBuilder(part_power=1, replicas=1, min_part_hours=0)
    builder.add_dev({'id': 0, 'region': 1, 'zone': 1, 'weight': 1, 'ip': '127.0.0.1', 'port': port, 'device': 'disk'})
    builder.rebalance()
    builder.get_ring().save(os.path.join(directory, part + '.ring.gz'))


def serve(socket, conf):
    from swift.common.wsgi import SwiftHttpProtocol, loadapp
    app = loadapp(conf, global_conf={'log_name': 'drylane-test'})
    # Clients of S3 want "ETag", and eventlet would write "Etag".
    return eventlet.spawn(wsgi.server, socket, app, utils.NullLogger(), protocol=SwiftHttpProtocol,
                          socket_timeout=60, capitalize_response_headers=False)


disk = os.path.join(directory, 'devices', 'disk')
os.makedirs(disk)
try:
    os.setxattr(disk, 'user.drylane', b'1')
except OSError as error:
    sys.exit('Swift needs a file system with extended attributes at %s: %s' % (disk, error))
write('swift.conf', '[swift-hash]\nswift_hash_path_suffix = test\n')
sockets = {part: eventlet.listen(('127.0.0.1', 0)) for part in (*PARTS, 'proxy')}
for part in PARTS:
    make_ring(part, sockets[part].getsockname()[1])
    serve(sockets[part], write(part + '.conf', STORAGE.format(directory=directory, part=part)))
proxy = serve(sockets['proxy'], write('proxy.conf', PROXY.format(
    directory=directory, memcached=port_of_memcached(), user=access_key.replace(':', '_'), secret_key=secret_key)))
print(sockets['proxy'].getsockname()[1], flush=True)
proxy.wait()
