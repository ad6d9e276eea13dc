"""Google's own client at the service of the browser tests: one JSON request a line, one JSON answer a line."""

import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "sdk"))

from google.api_core import exceptions  # noqa: E402

from clients import Clients, code_of  # noqa: E402


def answer(clients, request):
    service = getattr(clients[request["transport"]], request["service"])
    try:
        result = getattr(service, request["method"])(request["request"])
    except exceptions.GoogleAPICallError as error:
        return {"error": code_of(error), "message": error.message}
    if result is None:
        return {"value": None}
    if hasattr(result, "pages"):
        return {"value": [type(item).to_dict(item) for item in result]}
    return {"value": type(result).to_dict(result)}


def main(address, token):
    clients = {transport: Clients(address, token, transport) for transport in ["grpc", "rest"]}
    for line in sys.stdin:
        print(json.dumps(answer(clients, json.loads(line))), flush=True)


main(*sys.argv[1:])
