"""A program with roles: it acts for nobody, and signs in as Microsoft's clients do."""

from dataclasses import dataclass

import requests


@dataclass(frozen=True)
class Application:
    public_url: str
    tenant: str
    client_id: str
    secret: str | None

    @staticmethod
    def add(server, *roles, certificate=None):
        """Made by the administrator of the server, who is told what Microsoft's clients read from the environment."""
        flags = [flag for role in roles for flag in ("--role", role)]
        if certificate:
            flags += ["--certificate", str(certificate)]
        told = server.command("app", "add", "Reports", "--kind", "daemon", *flags)
        variables = dict(line.split("=", 1) for line in told.splitlines() if line.startswith("AZURE_"))
        tenant, client_id = variables["AZURE_TENANT_ID"], variables["AZURE_CLIENT_ID"]
        return Application(server.public_url, tenant, client_id, variables.get("AZURE_CLIENT_SECRET"))

    def token(self):
        """Without a library, which would insist on TLS."""
        form = {
            "grant_type": "client_credentials",
            "client_id": self.client_id,
            "client_secret": self.secret,
            "scope": f"{self.public_url}/.default",
        }
        answer = requests.post(f"{self.public_url}/{self.tenant}/oauth2/v2.0/token", data=form, timeout=30)
        assert answer.status_code == 200, answer.text
        return answer.json()["access_token"]
