"""Microsoft's own client, unmodified, pointed at our server: with a token that somebody has, or with a credential of `azure-identity`."""

import json

from kiota_abstractions.authentication import (
    AccessTokenProvider,
    AllowedHostsValidator,
    AnonymousAuthenticationProvider,
    BaseBearerTokenAuthenticationProvider,
)
from kiota_abstractions.base_request_configuration import RequestConfiguration
from kiota_serialization_json.json_serialization_writer import JsonSerializationWriter
from msgraph import GraphRequestAdapter, GraphServiceClient
from msgraph_core.tasks.page_iterator import PageIterator


class _Token(AccessTokenProvider):
    def __init__(self, token):
        self.token = token

    async def get_authorization_token(self, uri, additional_authentication_context=None):
        return self.token

    def get_allowed_hosts_validator(self):
        return AllowedHostsValidator([])


def client(server, token=None, version="v1.0"):
    """A client over plain HTTP."""
    provider = BaseBearerTokenAuthenticationProvider(_Token(token)) if token else AnonymousAuthenticationProvider()
    adapter = GraphRequestAdapter(provider)
    adapter.base_url = f"{server.url}/{version}"
    return GraphServiceClient(request_adapter=adapter)


def client_with(credential, server):
    """A client that asks for its tokens itself."""
    graph = GraphServiceClient(credentials=credential, scopes=[f"{server.public_url}/.default"])
    graph.request_adapter.base_url = f"{server.public_url}/v1.0"
    return graph


def ask(parameters=None, /, *, prefer=(), **options):
    """How to ask: the options of a request, of the builder's own type, and what the caller would rather have."""
    configuration = RequestConfiguration(query_parameters=parameters(**options) if parameters else None)
    for preference in prefer:
        configuration.headers.add("Prefer", preference)
    return configuration


async def all_of(page, graph):
    """What the page iterator sees from this page on."""
    seen = []
    await PageIterator(page, graph.request_adapter).iterate(lambda item: seen.append(item) or True)
    return seen


def plain(model):
    """A model as data that can be compared: what the client understood, and what it kept besides, but for where it was read."""
    writer = JsonSerializationWriter()
    writer.write_object_value(None, model)
    return _anywhere(json.loads(writer.get_serialized_content()))


def _anywhere(value):
    if isinstance(value, dict):
        return {name: _anywhere(one) for name, one in value.items() if not name.endswith("@odata.context")}
    return [_anywhere(one) for one in value] if isinstance(value, list) else value
