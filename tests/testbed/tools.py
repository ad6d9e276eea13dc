"""Programs that speak the Model Context Protocol: tools that are called by lines of JSON."""

import json
import subprocess


class Tools:
    """A program that offers tools on its standard input and output."""

    def __init__(self, bed, *command, **environment):
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(
            [str(word) for word in command],
            env={**bed.environment, **environment},
            cwd=bed.folder,
            stdin=pipe,
            stdout=pipe,
            text=True,
        )
        self.asked = 0
        client = {"name": "test-bed", "version": "1"}
        self._ask("initialize", protocolVersion="2024-11-05", capabilities={}, clientInfo=client)
        self._say(method="notifications/initialized")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.kill()
        self.process.wait(timeout=30)

    def call(self, tool, **arguments):
        """What a tool answers: JSON in a text."""
        result = self._ask("tools/call", name=tool, arguments=arguments)
        assert not result.get("isError"), result
        return json.loads(result["content"][0]["text"])

    def _ask(self, method, **parameters):
        self.asked += 1
        self._say(id=self.asked, method=method, params=parameters)
        for line in self.process.stdout:
            answer = json.loads(line)
            if answer.get("id") == self.asked:
                assert "result" in answer, answer
                return answer["result"]
        raise AssertionError("the program ended")

    def _say(self, **message):
        print(json.dumps({"jsonrpc": "2.0", **message}), file=self.process.stdin, flush=True)
