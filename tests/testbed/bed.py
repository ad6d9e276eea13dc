"""A machine on which Google's names lead to Sederunt, made as `docs/test-bed.md` says: what it shows is run here.

The process has to be alone in its namespaces, as `cargo xtask test --only testbed` starts it: it brings up the loopback
interface, takes port 443 of it, and lays another hosts file over the machine's.
"""

import os
import pathlib
import re
import socket
import subprocess
import sys

from sederunt import BINARY, CHECKOUT, Server

HERE = pathlib.Path(__file__).parent
# What people open, and what the server calls itself.
URL = "https://meet.google.com"
# Programs from PyPI, in an environment of their own beside that of the tests.
PROGRAMS = CHECKOUT / "target/xtask/venv-testbed/bin"


def shown(language):
    """The block of this language on the page."""
    page = (CHECKOUT / "docs/test-bed.md").read_text()
    [block] = re.findall(rf"```{language}\n(.*?)```", page, re.DOTALL)
    return block


class Bed(Server):
    """The names, the certificate and the server."""

    def __init__(self, folder):
        assert [name for _, name in socket.if_nameindex()] == ["lo"], "not in a namespace: cargo xtask test --only testbed"
        self.folder, self.data, self.url = folder, folder / "data", URL
        subprocess.run(["sh", "-euc", shown("sh")], cwd=folder, check=True, capture_output=True)
        self.authority = folder / "authority.pem"
        os.environ["REQUESTS_CA_BUNDLE"] = str(self.authority)
        hosts = folder / "hosts"
        hosts.write_text("127.0.0.1 localhost\n" + shown("hosts"))
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        subprocess.run(["mount", "--bind", hosts, "/etc/hosts"], check=True)

        where = ["--listen", "127.0.0.1:443", "--media-port", "0", "--public-url", URL, "--data", self.data]
        tls = ["--tls-certificate", folder / "server.pem", "--tls-key", folder / "server.key"]
        self.process = subprocess.Popen([BINARY, "serve", *where, *tls], stdout=subprocess.PIPE, text=True)
        ready = self.process.stdout.readline()
        assert f"is ready at {URL}" in ready, f"the server did not start: {ready!r}"

    @property
    def environment(self):
        """That of a program: whom it trusts, and the browser that it opens."""
        # Not that of the tests, which run in an environment of their own.
        ours = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
        trusted = ["REQUESTS_CA_BUNDLE", "HTTPLIB2_CA_CERTS", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"]
        person = {"TESTBED_PYTHON": sys.executable, "TESTBED_SEDERUNT": str(BINARY), "TESTBED_DATA": str(self.data)}
        return {**ours, **{name: str(self.authority) for name in trusted}, **person, "BROWSER": str(HERE / "person.py")}

    def run(self, *command, **arguments):
        """Runs a program to its end; what it printed."""
        ran = subprocess.run(
            [str(word) for word in command],
            env=self.environment,
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            **arguments,
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout
