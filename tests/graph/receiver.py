"""Whoever is told of changes: a server of its own, which says that it is there and keeps what it hears."""

import json
import queue
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


class Receiver:
    def __init__(self, port=0):
        self.questions = queue.Queue()
        self.notifications = queue.Queue()
        self.server = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        self.port = self.server.server_address[1]
        self.origin = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def hears(self, within_s=15):
        """The next notification."""
        return self.notifications.get(timeout=within_s)

    def hears_no_more(self, for_s=2):
        """Whether nothing comes for a while."""
        try:
            return not self.notifications.get(timeout=for_s)
        except queue.Empty:
            return True

    def _handler(receiver):
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                token = parse_qs(urlsplit(self.path).query).get("validationToken")
                if token:
                    receiver.questions.put(self.path)
                    return self._answer(200, token[0].encode())
                for notification in json.loads(body)["value"]:
                    receiver.notifications.put(notification)
                self._answer(202, b"")

            def _answer(self, status, body):
                self.send_response(status)
                self.send_header("content-type", "text/plain")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        return Handler
