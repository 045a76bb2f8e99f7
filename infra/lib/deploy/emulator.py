"""ministack, an independent emulator of AWS, as a process of its own on a free port of loopback."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

import boto3

REGION = "eu-west-1"


class Ministack:
    """Runs while its block does. `url` is the one endpoint of all services."""

    def __enter__(self):
        for _ in range(2):
            if self.begins():
                return self
            # Another program may have taken the port.
            self.__exit__()
        if self.begins():
            return self
        log = self.log()
        self.__exit__()
        raise RuntimeError(f"ministack does not answer:\n{log}")

    def begins(self):
        """Whether it answers; it does not when it ends at once, and not within 5 minutes."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self.folder = Path(tempfile.mkdtemp(prefix="deploy-test-"))
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
            # The functions inherit it, and would otherwise look for the real AWS.
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "MINISTACK_REGION": REGION,
            "GATEWAY_PORT": str(port),
            # Without these it listens on all addresses, and on ports of its own besides.
            "BIND_HOST": "127.0.0.1",
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            # A trigger that fails ends the sign-in, as on Cognito; its default is to go on without claims.
            "MINISTACK_COGNITO_PRETOKEN_STRICT": "1",
            "TMPDIR": str(self.folder),
            "HOME": str(self.folder),
        }
        with (self.folder / "log").open("wb") as log:
            self.process = subprocess.Popen(
                [Path(sys.prefix) / "bin" / "ministack"],
                cwd=self.folder, env=environment, stdout=log, stderr=log, start_new_session=True,
            )
        end = time.monotonic() + 300
        while self.process.poll() is None and time.monotonic() < end:
            try:
                with urllib.request.urlopen(f"{self.url}/_ministack/health", timeout=10):
                    return True
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        return False

    def __exit__(self, *_):
        # It and the functions that it runs are one group of processes, begun above.
        try:
            os.killpg(self.process.pid, signal.SIGTERM)
            self.process.wait(10)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            pass
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        shutil.rmtree(self.folder, ignore_errors=True)

    def client(self, service):
        """A client of one service."""
        return boto3.client(
            service, endpoint_url=self.url, region_name=REGION, aws_access_key_id="test", aws_secret_access_key="test"
        )

    def environment(self):
        """What points a program with an AWS SDK at it."""
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
            "AWS_ENDPOINT_URL": self.url,
            "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
        }

    def log(self):
        """The end of what it has printed."""
        return (self.folder / "log").read_text(errors="replace")[-4000:]
