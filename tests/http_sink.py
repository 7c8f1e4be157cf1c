#!/usr/bin/env python3
"""Takes what collectd's write_http posts, as lines of JSON in a file.

usage: http_sink.py FILE [ADDRESS PEM]    prints its port once it listens; with a certificate
                                          and its key by HTTPS
"""
import http.server
import ssl
import sys


class Handler(http.server.BaseHTTPRequestHandler):
  def do_POST(self):
    body = self.rfile.read(int(self.headers['Content-Length']))
    with open(sys.argv[1], 'ab') as f:
      f.write(body + b'\n')
    self.send_response(200)
    self.send_header('Content-Length', '0')
    self.end_headers()

  def log_message(self, *_):
    pass


def main():
  address, pem = sys.argv[2:] or ('127.0.0.1', None)
  server = http.server.HTTPServer((address, 0), Handler)
  if pem:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    server.socket = context.wrap_socket(server.socket, server_side=True)
  print(server.server_address[1], flush=True)
  server.serve_forever()


if __name__ == '__main__':
  main()
