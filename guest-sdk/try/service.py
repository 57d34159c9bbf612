"""A stand-in for the customer service, to try the worker with: `python3 try/service.py`.

It knows the customer C-1, and checks whomever it is sent. It is no part of the worker.
"""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ADDRESS = ("127.0.0.1", 8025)
CUSTOMERS = {"C-1": {"name": "Ada", "score": 712}}


class Service(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        customer = CUSTOMERS.get(self.path.removeprefix("/customers/"))
        self.answer(404 if customer is None else 200, customer)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", 0)))
        self.answer(201, {"id": "chk-7"})

    def answer(self, status: int, body: object) -> None:
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


if __name__ == "__main__":
    print("the stand-in for the customer service listens on http://%s:%d; Ctrl-C ends it" % ADDRESS)
    ThreadingHTTPServer(ADDRESS, Service).serve_forever()
