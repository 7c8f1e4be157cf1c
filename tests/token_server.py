#!/usr/bin/env python3
"""token_server.py FILE: a page for whoever has the token that stands in FILE, else 401. Prints
its port once it listens."""
import http.server
import sys

PAGE = b'# TYPE workqueue_depth gauge\nworkqueue_depth{name="q"} 3\n'


class Handler(http.server.BaseHTTPRequestHandler):
  protocol_version = 'HTTP/1.1'

  def do_GET(self):
    with open(sys.argv[1], encoding='ascii') as file:
      is_known = self.headers['Authorization'] == 'Bearer ' + file.read().strip()
    body = PAGE if is_known else b'no\n'
    self.send_response(200 if is_known else 401)
    self.send_header('Content-Type', 'text/plain; version=0.0.4')
    self.send_header('Content-Length', str(len(body)))
    self.end_headers()
    self.wfile.write(body)

  def log_message(self, *_):
    pass


server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
