"""A private certificate authority, made with openssl."""

import subprocess


class Authority:
    """Signs certificates in a directory of its own."""

    def __init__(self, directory):
        directory.mkdir(parents=True, exist_ok=True)
        self.directory = directory
        self.file = directory / "authority.pem"
        self._key = directory / "authority.key"
        self._run(
            "req", "-x509", *NEW_KEY, "-keyout", self._key, "-out", self.file, "-days", 30,
            "-subj", "/CN=Articles test authority",
        )  # fmt: skip

    def issue(self, name="server", names=("DNS:localhost", "IP:127.0.0.1"), days=30):
        """A certificate and its key, as paths; with a negative number of days it has expired."""
        certificate, key, request, extensions = (
            self.directory / f"{name}.{suffix}" for suffix in ("pem", "key", "csr", "ext")
        )
        self._run("req", "-new", *NEW_KEY, "-keyout", key, "-out", request, "-subj", f"/CN={name}")
        extensions.write_text(f"subjectAltName={','.join(names)}\n")
        self._run(
            "x509", "-req", "-in", request, "-CA", self.file, "-CAkey", self._key, "-CAcreateserial",
            "-days", days, "-extfile", extensions, "-out", certificate,
        )  # fmt: skip
        key.chmod(0o600)
        return certificate, key

    @staticmethod
    def _run(*arguments):
        subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, timeout=20)


NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
