"""Something between a client and a daemon that can spoil what passes."""

import contextlib
import socket
import threading


class Proxy:
    """A TCP proxy on 127.0.0.1; `to_server` and `to_client` may change each piece, and `None` cuts the connection."""

    def __init__(self, port, to_server=lambda data: data, to_client=lambda data: data):
        self._port = port
        self._changes = (to_server, to_client)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._sockets = []
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._accept)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        for one in [self._listener, *self._sockets]:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        self._thread.join()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._port))
            except OSError:
                return
            self._sockets += [client, server]
            for source, target, change in ((client, server, self._changes[0]), (server, client, self._changes[1])):
                threading.Thread(target=self._pass_on, args=(source, target, change), daemon=True).start()

    @staticmethod
    def _pass_on(source, target, change):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                data = change(data)
                if data is None:
                    break
                target.sendall(data)
        for one in (source, target):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
