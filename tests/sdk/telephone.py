"""A real telephone, baresip, and somebody's own server, which says what happens to its calls and is told what became of them."""

import http.server
import json
import socket
import subprocess
import threading
import time
from dataclasses import dataclass

PATIENCE_S = 40


def free_port():
    """A port that is free with the one behind it: a telephone takes both."""
    while True:
        with socket.socket() as one, socket.socket() as next_one, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
            one.bind(("127.0.0.1", 0))
            port = one.getsockname()[1]
            try:
                next_one.bind(("127.0.0.1", port + 1))
                datagrams.bind(("127.0.0.1", port))
            except (OSError, OverflowError):
                continue
            return port


def until(is_so):
    """Waits until it is so, and answers what made it so."""
    begun = time.monotonic()
    while not (found := is_so()):
        assert time.monotonic() - begun < PATIENCE_S, "it does not come to that"
        time.sleep(0.05)
    return found


class Telephone:
    """It says what a file says, again and again: Ada's to whomever it is told to call, and Bo's, which has no proxy, to whoever calls it."""

    def __init__(self, folder, voice, proxy=None):
        port, control = free_port(), free_port()
        self.address = f"sip:bo@127.0.0.1:{port}"
        folder.mkdir()
        settings = {
            "poll_method": "epoll",
            "sip_listen": f"127.0.0.1:{port}",
            "audio_source": f"aufile,{voice}",
            "audio_player": "aubridge,nil",
            "audio_alert": "aubridge,nil",
            "ausrc_srate": "8000",
            "auplay_srate": "8000",
            "ausrc_channels": "1",
            "auplay_channels": "1",
            "rtp_ports": "30000-39998",
            "net_interface": "127.0.0.1",
            "module_path": "/usr/lib/baresip/modules",
            "ctrl_tcp_listen": f"127.0.0.1:{control}",
        }
        modules = ["module g711.so", "module aufile.so", "module aubridge.so"]
        modules += ["module_tmp uuid.so", "module_tmp account.so", "module_app menu.so", "module_app ctrl_tcp.so"]
        lines = [*(f"{name} {value}" for name, value in settings.items()), *modules]
        (folder / "config").write_text("\n".join(lines) + "\n")
        ada = f'<sip:ada@example.org;transport=udp>;regint=0;outbound="sip:{proxy};transport=udp"'
        bo = f"<{self.address};transport=udp>;regint=0;answermode=auto"
        (folder / "accounts").write_text(f"{ada if proxy else bo};audio_codecs=PCMU/8000/1\n")
        (folder / "contacts").write_text("")
        quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self.process = subprocess.Popen(["baresip", "-f", str(folder)], **quiet)
        self.control = until(lambda: self.connected(control))

    @staticmethod
    def connected(port):
        try:
            return socket.create_connection(("127.0.0.1", port))
        except ConnectionRefusedError:
            return None

    def dial(self, whom):
        self.tell("dial", whom)

    def hang_up(self):
        self.tell("hangup", "")

    def tell(self, command, of):
        """As a netstring of JSON."""
        text = json.dumps({"command": command, "params": of})
        self.control.sendall(f"{len(text)}:{text},".encode())

    def stop(self):
        self.control.close()
        self.process.kill()
        self.process.wait()


@dataclass
class Asked:
    """A request that came."""

    url: str
    path: str
    headers: dict
    body: bytes

    def json(self):
        return json.loads(self.body)


class Handler:
    """Answers with a document by path, with nothing where it is only told, and remembers what came."""

    def __init__(self, documents):
        asked = self.asked = []

        class Requests(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                url = f"http://{self.headers['host']}{self.path}"
                asked.append(Asked(url, self.path, {name.lower(): value for name, value in self.headers.items()}, body))
                document = documents.get(self.path)
                self.send_response(200 if document else 204)
                if document:
                    answer = f"<Response>{document}</Response>".encode()
                    self.send_header("content-type", "application/xml")
                    self.send_header("content-length", str(len(answer)))
                self.end_headers()
                if document:
                    self.wfile.write(answer)

            def log_message(self, *_):
                """Tests that pass are silent."""

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Requests)
        self.origin = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def told(self, path):
        """What came to this path, once something has."""
        return until(lambda: [asked for asked in self.asked if asked.path == path])

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
