"""Those who are in a meeting: one process that plays their clients, WebRTC and nothing else.

The register has nobody without a transport, so somebody must have one. What is said over HTTP is said in `sederunt.py`.
"""

import itertools
import json
import subprocess


class Attend:
    """The program `attend`; it ends with its input, and so with us."""

    def __init__(self, binary):
        assert binary.is_file(), f"{binary} is missing: cargo build --release -p attendee"
        pipe = subprocess.PIPE
        self.process = subprocess.Popen([binary], stdin=pipe, stdout=pipe, text=True)
        self.numbers = itertools.count(1)

    def offer(self):
        """A new client: its number and its offer."""
        number = next(self.numbers)
        return number, self._ask(number, offer=number)["offer"]

    def accept(self, number, answer):
        """Gives a client the server's answer, and waits for what it is told: JOINED, WAITING or OUT."""
        return self._ask(number, accept=number, answer=answer)["state"]

    def _ask(self, number, **question):
        print(json.dumps(question), file=self.process.stdin, flush=True)
        # Lines about others are of clients that are done with.
        lines = (json.loads(line) for line in self.process.stdout)
        return next(line for line in lines if line["attendee"] == number)
