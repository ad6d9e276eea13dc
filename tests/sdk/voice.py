"""Clients of telephone calls and of phone numbers, made by others' tools from our own protos: Google's compiler and runtime for gRPC, and plain HTTP.

Both are asked in the same words, the names and JSON of the contract, and answer or refuse in the same; so a test of one is a test of
the other. They sign in as the vendor's clients do.
"""

import functools
import importlib
import json
import pathlib
import sys
import tempfile
import time
from dataclasses import dataclass, field

import grpc
import grpc_tools
import requests
from google.auth import crypt, jwt
from google.protobuf import json_format
from google.rpc import code_pb2, error_details_pb2
from grpc_status import rpc_status
from grpc_tools import protoc

PROTO = pathlib.Path(__file__).resolve().parents[2] / "proto"
PACKAGE = "enfonica.voice.v1beta1"
NUMBERING = "enfonica.numbering.v1beta1"
# What is compiled from where, and in which module each service is then. Users have a package of ours, since the contract says no
# numbers of their fields, and so has what the contract has no word for; a module of its name would be that of the server here.
ROOTS = [(PROTO, "enfonica/voice/v1beta1"), (PROTO, "enfonica/numbering/v1beta1"), (PROTO / "sederunt/voice", "v1beta1")]
FILES = {
    "Calls": f"{PACKAGE}.calls",
    "Recordings": f"{PACKAGE}.recordings",
    "SipDomains": f"{PACKAGE}.sip_domains",
    "Aliases": f"{PACKAGE}.aliases",
    "Streams": f"{PACKAGE}.streams",
    "Users": "v1beta1.users",
    "RecordingControl": "v1beta1.recording_control",
    "PhoneNumberInstances": f"{NUMBERING}.phone_number_instances",
    "PhoneNumbers": f"{NUMBERING}.phone_numbers",
}
TOKEN_URI = "https://oauth2.api.enfonica.com/token"
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"

# The contract's bindings: verb, path, which field is the body; `*` is all that does not stand in the path.
BINDINGS = {
    "Calls.CreateCall": ("POST", "{parent}/calls", "call"),
    "Calls.GetCall": ("GET", "{name}", None),
    "Calls.ListCalls": ("GET", "{parent}/calls", None),
    "Recordings.GetRecording": ("GET", "{name}", None),
    "Recordings.ListRecordings": ("GET", "{parent}/recordings", None),
    "Recordings.DeleteRecording": ("DELETE", "{name}", None),
    "SipDomains.CreateSipDomain": ("POST", "{parent}/sipDomains", "sipDomain"),
    "SipDomains.GetSipDomain": ("GET", "{name}", None),
    "SipDomains.ListSipDomains": ("GET", "{parent}/sipDomains", None),
    "SipDomains.UpdateSipDomain": ("PATCH", "{sipDomain.name}", "sipDomain"),
    "SipDomains.DeleteSipDomain": ("DELETE", "{name}", None),
    "Aliases.CreateAlias": ("POST", "{parent}/aliases", "alias"),
    "Aliases.GetAlias": ("GET", "{name}", None),
    "Aliases.ListAliases": ("GET", "{parent}/aliases", None),
    "Aliases.UpdateAlias": ("PATCH", "{alias.name}", "alias"),
    "Aliases.DeleteAlias": ("DELETE", "{name}", None),
    "Users.CreateUser": ("POST", "{parent}/users", "user"),
    "Users.GetUser": ("GET", "{name}", None),
    "Users.ListUsers": ("GET", "{parent}/users", None),
    "Users.UpdateUser": ("PATCH", "{user.name}", "user"),
    "Users.DeleteUser": ("DELETE", "{name}", None),
    "RecordingControl.StartRecording": ("POST", "{call}:startRecording", "*"),
    "RecordingControl.StopRecording": ("POST", "{call}:stopRecording", "*"),
    "RecordingControl.PauseRecording": ("POST", "{call}:pauseRecording", "*"),
    "RecordingControl.ResumeRecording": ("POST", "{call}:resumeRecording", "*"),
    "RecordingControl.GetRecordingStatus": ("GET", "{call}/recordingStatus", None),
}
# Those of the contract for numbers; `*` is all that is not in the path.
BINDINGS_OF_NUMBERS = {
    "PhoneNumberInstances.CreatePhoneNumberInstance": ("POST", "{parent}/phoneNumberInstances", "phoneNumberInstance"),
    "PhoneNumberInstances.GetPhoneNumberInstance": ("GET", "{name}", None),
    "PhoneNumberInstances.ListPhoneNumberInstances": ("GET", "{parent}/phoneNumberInstances", None),
    "PhoneNumberInstances.UpdatePhoneNumberInstance": ("PATCH", "{name}", "phoneNumberInstance"),
    "PhoneNumberInstances.DeletePhoneNumberInstance": ("DELETE", "{name}", None),
    "PhoneNumberInstances.MovePhoneNumberInstance": ("POST", "{name}:move", "*"),
    "PhoneNumberInstances.SplitRange": ("POST", "{phoneNumberInstance}:splitRange", "*"),
    "PhoneNumbers.SearchPhoneNumbers": ("GET", "phoneNumbers:search", None),
}


@dataclass
class Refused(Exception):
    """What both transports say of a request that was refused."""

    status: str
    message: str
    fields: list = field(default_factory=list)


@functools.cache
def generated():
    """The messages and stubs of every file of the contract, as Google's own compiler makes them."""
    folder = tempfile.mkdtemp(prefix="voice-")
    well_known = pathlib.Path(grpc_tools.__file__).parent / "_proto"
    for root, package in ROOTS:
        files = sorted(str(path) for path in (root / package).glob("*.proto"))
        where = [f"-I{root}", f"-I{PROTO}", f"-I{well_known}", f"--python_out={folder}", f"--grpc_python_out={folder}"]
        assert protoc.main(["protoc", *where, *files]) == 0, "the compiler understands our protos"
    sys.path.insert(0, folder)
    modules = lambda file: (importlib.import_module(f"{file}_pb2"), importlib.import_module(f"{file}_pb2_grpc"))
    return {service: modules(file) for service, file in FILES.items()}


class Grpc:
    def __init__(self, server, token):
        self.channel = grpc.insecure_channel(server.address)
        self.metadata = [("authorization", f"Bearer {token}")] if token else []

    def ask(self, method, **request):
        service, name = method.split(".")
        messages, stubs = generated()[service]
        message = json_format.ParseDict(request, getattr(messages, f"{name}Request")())
        try:
            stub = getattr(stubs, f"{service}Stub")(self.channel)
            answer = getattr(stub, name)(message, metadata=self.metadata, timeout=30)
        except grpc.RpcError as error:
            raise self.refused(error) from None
        return json_format.MessageToDict(answer)

    @staticmethod
    def refused(error):
        fields = []
        status = rpc_status.from_call(error)
        for detail in status.details if status else []:
            bad = error_details_pb2.BadRequest()
            if detail.Unpack(bad):
                fields += [violation.field for violation in bad.field_violations]
        return Refused(error.code().name, error.details(), fields)


class Rest:
    def __init__(self, server, token):
        self.server, self.token = server, token

    def ask(self, method, **request):
        verb, path, body = (BINDINGS | BINDINGS_OF_NUMBERS)[method]
        if "{" in path:
            path = self.named(path, request)
        if body == "*":
            arguments, request = {"json": request}, {}
        else:
            arguments = {"json": request.pop(body)} if body else {}
        query = {key: str(value).lower() if isinstance(value, bool) else value for key, value in request.items()}
        answer = self.server.call(verb, f"/v1beta1/{path}", self.token, params=query, **arguments)
        if answer.status_code == 200:
            return answer.json()
        error = answer.json()["error"]
        assert error["code"] == answer.status_code
        assert error["status"] in code_pb2.Code.keys()
        details = [violation["field"] for detail in error.get("details", []) for violation in detail.get("fieldViolations", [])]
        raise Refused(error["status"], error["message"], details)

    @staticmethod
    def named(path, request):
        """The path with the name in it, which is not said again."""
        *outer, field = path[1 : path.index("}")].split(".")
        holder = request[outer[0]] if outer else request
        name = holder[field]
        if outer:
            request[outer[0]] = {key: value for key, value in holder.items() if key != field}
        else:
            del request[field]
        return path.replace(path[: path.index("}") + 1], name)


TRANSPORTS = {"grpc": Grpc, "rest": Rest}


def assertion(key_file, **changes):
    """What a client signs with its key; `None` leaves a claim out."""
    key = json.loads(key_file)
    now = int(time.time())
    claims = {"iss": key["client_email"], "aud": TOKEN_URI, "iat": now, "exp": now + 3600, **changes}
    claims = {name: value for name, value in claims.items() if value is not None}
    signer = crypt.RSASigner.from_service_account_info(key)
    return jwt.encode(signer, claims, header={"kid": key["private_key_id"]}).decode()


def node_claims(key_file, service=f"voice.api.enfonica.com/{PACKAGE}.Recordings"):
    """As the vendor's client for Node asks: for a service, by its address, for itself."""
    return {"sub": json.loads(key_file)["client_email"], "scope": f"https://{service}"}


def dotnet_claims(_key_file):
    """As the vendor's client for .NET asks: for the scope, for nobody in particular."""
    return {"scope": "https://api.enfonica.com/auth/voice"}


def exchange(server, signed):
    """At the path that the vendor's clients have built in."""
    return requests.post(server.url + "/token", data={"grant_type": GRANT, "assertion": signed}, timeout=30)


def sign_in(server, key_file, claims=node_claims):
    answer = exchange(server, assertion(key_file, **claims(key_file)))
    assert answer.status_code == 200, answer.text
    return answer.json()["access_token"]
