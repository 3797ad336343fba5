"""A proxy before the daemon: nginx, as an administrator would set it up."""

import subprocess

from .daemon import free_port
from .waiting import until

CONFIGURATION = """
daemon off; pid {directory}/nginx.pid; error_log {directory}/error.log; worker_processes 1;
events {{}}
http {{
    access_log off; client_body_temp_path {directory}/b; proxy_temp_path {directory}/p;
    fastcgi_temp_path {directory}/f; uwsgi_temp_path {directory}/u; scgi_temp_path {directory}/s;
    map $http_upgrade $connection_upgrade {{ default upgrade; "" ""; }}
    server {{
        listen 127.0.0.1:{port};
        proxy_http_version 1.1;
        proxy_set_header Host $http_host;
        {locations}
    }}
}}
"""
# A location that sets one header has none of those that are set around it.
WITH_WEBSOCKET = """
    proxy_set_header Host $http_host; proxy_set_header Upgrade $http_upgrade;
    proxy_set_header Connection $connection_upgrade;
"""


class Nginx:
    """Runs as long as the block; `locations` are those of its one server."""

    def __init__(self, directory, locations):
        self.port = free_port()
        self._directory = directory
        self._directory.mkdir(parents=True, exist_ok=True)
        self._file = directory / "nginx.conf"
        self._file.write_text(CONFIGURATION.format(directory=directory, port=self.port, locations=locations))

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self):
        command = ["/usr/sbin/nginx", "-e", str(self._directory / "error.log"), "-c", str(self._file)]
        self._process = subprocess.Popen(command)
        until(lambda: (self._directory / "nginx.pid").exists(), "nginx")
        return self

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait(10)
