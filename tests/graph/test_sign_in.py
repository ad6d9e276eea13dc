"""`azure-identity`, unmodified: an application signs in with its secret or its certificate, and the client has its tokens from there.

Over TLS, because its authority must be. Whom to trust is read from the environment.
"""

from datetime import UTC, datetime, timedelta

import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import CertificateCredential, ClientSecretCredential, EnvironmentCredential
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from msgraph.generated.models.o_data_errors.o_data_error import ODataError

from application import Application
from microsoft import client_with
from sederunt import Server

ROLE = "CallRecords.Read.All"


@pytest.fixture(scope="module")
def secured(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("secured"), "--tls", "dev")
    with pytest.MonkeyPatch.context() as environment:
        for variable in ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"]:
            environment.setenv(variable, str(server.data / "tls/authority.pem"))
        yield server
    server.stop()


def where(application):
    """The authority of an application: without the flag, the library would first ask Microsoft whether it is one."""
    return {"authority": application.public_url, "disable_instance_discovery": True}


def with_secret(application, secret=None):
    secret = secret or application.secret
    return ClientSecretCredential(application.tenant, application.client_id, secret, **where(application))


def records_of(run, credential, server):
    return run(client_with(credential, server).communications.call_records.get()).value


def make_certificate(path):
    """A certificate that its own key signed, and the key, in one file, as `CertificateCredential` reads it."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Reports")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))
    public = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    plain = serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    path.with_suffix(".pem").write_bytes(public)
    path.with_suffix(".both.pem").write_bytes(private + public)


def test_with_a_secret(run, secured):
    application = Application.add(secured, ROLE)
    assert records_of(run, with_secret(application), secured) == []


def test_with_a_certificate(run, secured, tmp_path):
    make_certificate(tmp_path / "reports")
    application = Application.add(secured, ROLE, certificate=tmp_path / "reports.pem")
    assert application.secret is None
    path = str(tmp_path / "reports.both.pem")
    credential = CertificateCredential(application.tenant, application.client_id, path, **where(application))
    assert records_of(run, credential, secured) == []


def test_by_what_the_command_printed(run, secured, monkeypatch):
    application = Application.add(secured, ROLE)
    for name, value in {"TENANT_ID": application.tenant, "CLIENT_ID": application.client_id, "CLIENT_SECRET": application.secret}.items():
        monkeypatch.setenv(f"AZURE_{name}", value)
    assert records_of(run, EnvironmentCredential(**where(application)), secured) == []


def test_with_another_s_secret(secured):
    application, other = Application.add(secured, ROLE), Application.add(secured, ROLE)
    with pytest.raises(ClientAuthenticationError, match="AADSTS7000215"):
        with_secret(application, other.secret).get_token(f"{secured.public_url}/.default")


def test_without_a_role(run, secured):
    application = Application.add(secured, "OnlineMeetingArtifact.Read.All")
    with pytest.raises(ODataError) as refusal:
        records_of(run, with_secret(application), secured)
    assert refusal.value.response_status_code == 403


def test_a_role_that_is_taken_back(run, secured):
    application = Application.add(secured, ROLE)
    credential = with_secret(application)
    assert records_of(run, credential, secured) == []
    secured.command("app", "revoke", application.client_id, "--role", ROLE)
    with pytest.raises(ODataError) as refusal:
        records_of(run, credential, secured)
    assert refusal.value.response_status_code == 403
