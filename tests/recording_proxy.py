#!/usr/bin/env python3
"""Stands between a scraper and an endpoint and keeps the pages as a recording.

usage: recording_proxy.py URL FOLDER/INSTANCE

Prints its port once it listens. Every GET is passed on with its Accept; the answer is kept as
FOLDER/INSTANCE/<unix ms>.<suffix> beside a line in status, and returned.
"""
import http.server
import pathlib
import sys
import time
import urllib.request

SUFFIXES = {'text/plain': '.txt', 'application/openmetrics-text': '.om',
            'application/vnd.google.protobuf': '.pb'}


class Proxy(http.server.BaseHTTPRequestHandler):
  protocol_version = 'HTTP/1.1'
  endpoint = sys.argv[1]
  folder = pathlib.Path(sys.argv[2])

  def do_GET(self):
    request = urllib.request.Request(self.endpoint, headers={'Accept': self.headers['Accept']})
    start = time.time()
    with urllib.request.urlopen(request) as answer:
      body, content_type = answer.read(), answer.headers['Content-Type']
    self.keep(int(start * 1000), (time.time() - start) * 1000, content_type, body)
    self.send_response(200)
    self.send_header('Content-Type', content_type)
    self.send_header('Content-Length', str(len(body)))
    self.end_headers()
    self.wfile.write(body)

  def keep(self, ms, took, content_type, body):
    suffix = SUFFIXES[content_type.split(';')[0]]
    (self.folder / ('%d%s' % (ms, suffix))).write_bytes(body)
    with open(self.folder / 'status', 'a') as status:
      status.write('%d 200 %.3f %s\n' % (ms, took, content_type))

  def log_message(self, *_):
    pass


if __name__ == '__main__':
  Proxy.folder.mkdir(parents=True)
  server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Proxy)
  print(server.server_address[1], flush=True)
  server.serve_forever()
