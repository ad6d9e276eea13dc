"""The README's own example, as its reader would run it."""

import os
import pathlib
import re
import subprocess
import sys

from sederunt import CHECKOUT


def test_the_first_five_minutes(server, tokens, clients_of):
    readme = pathlib.Path(CHECKOUT, "README.md").read_text()
    [example] = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)
    space = clients_of("owner").open_space()
    seat = server.join(space.name, name="Frances")

    example = example.replace("http://localhost:8080", server.url)
    told = subprocess.run(
        [sys.executable, "-c", example],
        env={**os.environ, "TOKEN": tokens["owner"]},
        capture_output=True,
        text=True,
        check=False,
    )
    server.leave(seat)
    assert told.returncode == 0, told.stderr
    assert re.search(r"^Frances 20\S+ \S+ None$", told.stdout, re.MULTILINE), told.stdout
