"""A web server for health checks to probe: /429 answers 429, /slow takes three seconds.

/method/POST passes for that method only, /header when "X-Probe: yes" is sent, /body when the body
is "ping". It prints its address, and ends with the program that started it.
"""
import http.server
import os
import threading
import time


class Target(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def status(self, body):
        parts = self.path.split("?")[0].split("/")
        if parts[1] == "slow":
            time.sleep(3)
        if parts[1] == "method":
            return 200 if self.command == parts[2] else 405
        if parts[1] == "header":
            return 200 if self.headers.get("X-Probe") == "yes" else 500
        if parts[1] == "body":
            return 200 if body == b"ping" else 500
        return int(parts[1]) if parts[1].isdigit() else 200

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        status = self.status(body)
        text = b"x" * 5000 if "long" in self.path else b"hc\n"
        self.send_response(status)
        if status in (301, 302):
            self.send_header("Location", "/200")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        try:
            self.wfile.write(text)
        except OSError:
            pass

    do_GET = do_POST = do_PUT = answer

    def log_message(self, *words):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Target)
server.daemon_threads = True
threading.Thread(target=server.serve_forever, daemon=True).start()
print("127.0.0.1:%d" % server.server_address[1], flush=True)
parent = os.getppid()
while os.getppid() == parent:
    time.sleep(1)
