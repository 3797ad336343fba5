"""HTTP/2 frame by frame, over TLS: a client that may be slow, or hostile."""

import socket
import ssl

import h2.config
import h2.connection
import h2.events
import h2.exceptions
import h2.settings


class HTTP2:
    """One connection to a daemon. What the library would not send goes over `socket` as bytes."""

    def __init__(self, daemon, timeout=10.0, window=None):
        raw = socket.create_connection((daemon.host, daemon.port), timeout)
        self.socket = daemon.ssl_context("h2").wrap_socket(raw, server_hostname=daemon.host)
        assert self.socket.selected_alpn_protocol() == "h2"
        self.authority = f"{daemon.host}:{daemon.port}"
        self.connection = h2.connection.H2Connection(
            h2.config.H2Configuration(validate_outbound_headers=False, normalize_outbound_headers=False)
        )
        if window is not None:
            self.connection.local_settings[h2.settings.SettingCodes.INITIAL_WINDOW_SIZE] = window
        self.connection.initiate_connection()
        # Each request has its own window; they must not wait for each other.
        self.connection.increment_flow_control_window(1 << 30)
        self.flush()
        self.bodies, self.heads, self.ended, self.resets = {}, {}, set(), {}
        self.goaway = None
        # Whether data is acknowledged as it comes, so that more may.
        self.reads = set()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def flush(self):
        self.socket.sendall(self.connection.data_to_send())

    def begin(self, method, path, headers=(), end=True, reads=True, authority=None):
        """Send a request's head and return its stream."""
        stream = self.connection.get_next_available_stream_id()
        pseudo = [(":method", method), (":path", path), (":scheme", "https")]
        pseudo.append((":authority", authority or self.authority))
        self.connection.send_headers(stream, pseudo + list(headers), end_stream=end)
        self.bodies[stream] = bytearray()
        if reads:
            self.reads.add(stream)
        self.flush()
        return stream

    def send(self, stream, data, end=False):
        for start in range(0, len(data), 16_384):
            piece = data[start : start + 16_384]
            self.connection.send_data(stream, piece, end_stream=end and start + 16_384 >= len(data))
        self.flush()

    def step(self):
        """Take what has come next; raises EOFError at the end of the connection."""
        data = self.socket.recv(65536)
        if not data:
            raise EOFError("the connection ended")
        for event in self.connection.receive_data(data):
            match event:
                case h2.events.ResponseReceived():
                    self.heads[event.stream_id] = {
                        _text(name): _text(value) for name, value in event.headers
                    }
                case h2.events.DataReceived():
                    self.bodies[event.stream_id] += event.data
                    if event.stream_id in self.reads and event.flow_controlled_length:
                        self.connection.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                case h2.events.StreamEnded():
                    self.ended.add(event.stream_id)
                case h2.events.StreamReset():
                    self.resets[event.stream_id] = event.error_code
                case h2.events.ConnectionTerminated():
                    self.goaway = event.error_code
        try:
            self.flush()
        except OSError:
            # The server has hung up; what it said before is still to be read.
            pass

    def until(self, condition):
        """Take what comes until a condition holds."""
        while not condition():
            self.step()

    def until_ended(self):
        """Take what comes until the server ends the connection; return the code of its goodbye, if it said any."""
        try:
            while True:
                self.step()
        except (EOFError, ConnectionError, ssl.SSLError, h2.exceptions.ProtocolError):
            return self.goaway

    def answer(self, stream):
        """The status, headers and body of a request, once complete."""
        self.until(lambda: stream in self.ended or stream in self.resets)
        assert stream in self.ended, f"reset with {self.resets.get(stream)}"
        head = self.heads[stream]
        return int(head[":status"]), head, bytes(self.bodies[stream])

    def get(self, path, headers=()):
        return self.answer(self.begin("GET", path, headers))


def _text(value):
    return value.decode() if isinstance(value, bytes) else value
