"""Google's own client, unmodified, pointed at our server on either transport."""

import grpc
from google.api_core import exceptions
from google.apps import meet_v2, meet_v2beta
from google.oauth2.credentials import Credentials

VERSIONS = {"v2": meet_v2, "v2beta": meet_v2beta}


class _Bearer(grpc.UnaryUnaryClientInterceptor):
    """Google's client sends a token over gRPC only with TLS; without it, the caller adds the header."""

    def __init__(self, token):
        self.token = token

    def intercept_unary_unary(self, continuation, details, request):
        metadata = [*(details.metadata or []), ("authorization", f"Bearer {self.token}")]
        changed = grpc._interceptor._ClientCallDetails(
            details.method, details.timeout, metadata, details.credentials, details.wait_for_ready, details.compression
        )
        return continuation(changed, request)


class Clients:
    """Both services of one version, on one transport, for one caller."""

    def __init__(self, address, token, transport="grpc", version="v2", compression=None):
        self.meet = VERSIONS[version]
        self.transport = transport
        if transport == "rest":
            options = {"api_endpoint": f"http://{address}"}
            arguments = {"credentials": Credentials(token), "transport": "rest", "client_options": options}
            self.spaces = self.meet.SpacesServiceClient(**arguments)
            self.records = self.meet.ConferenceRecordsServiceClient(**arguments)
        else:
            channel = grpc.insecure_channel(address, compression=compression)
            if token:
                channel = grpc.intercept_channel(channel, _Bearer(token))
            spaces, records = self.meet.SpacesServiceClient, self.meet.ConferenceRecordsServiceClient
            self.spaces = spaces(transport=spaces.get_transport_class("grpc")(channel=channel))
            self.records = records(transport=records.get_transport_class("grpc")(channel=channel))

    def open_space(self, **config):
        """A new space that anybody may walk into; by itself a space is for people who are trusted."""
        space = self.meet.Space(config={"access_type": "OPEN", **config})
        return self.spaces.create_space(self.meet.CreateSpaceRequest(space=space))


def violations(error):
    """The fields that the error's BadRequest names: over gRPC a message, over REST what the body said."""
    found = []
    for detail in error.details:
        if isinstance(detail, dict):
            found += [violation["field"] for violation in detail.get("fieldViolations", [])]
        elif hasattr(detail, "field_violations"):
            found += [violation.field for violation in detail.field_violations]
    return found


def code_of(error: exceptions.GoogleAPICallError) -> str:
    """The canonical code: over REST the client keeps it in the body alone."""
    if error.grpc_status_code:
        return error.grpc_status_code.name
    return error.response.json()["error"]["status"]
