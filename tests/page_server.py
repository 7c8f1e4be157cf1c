#!/usr/bin/env python3
"""Serves pages to the tests with a real collectd, good and bad ones, and records the good.

usage: page_server.py FOLDER [PORT]

Prints its port once it listens. /good/NAME is a page of the make-believe operator of demo/,
/plain/NAME one whose numbers follow from how often it was asked (see plain()), /queues/NAME the
depths of 3,000 queues, other ones each time; all three are kept as FOLDER/NAME/<unix ms>.txt, so that `operatorstat replay FOLDER` can say what must arrive at the
writers. All other paths are in BAD.
"""
import http.server
import os
import random
import socketserver
import sys
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'demo'))
import memcached_operator  # noqa: E402

TEXT = 'text/plain; version=0.0.4; charset=utf-8'


def plain(n):
  """The page of request number n, from 0: a counter that gains 14 a page, one that appears on
  the third page, a gauge that is the number itself and one observation of 0.03 s a page."""
  late = 'workqueue_adds_total{controller="late",name="late"} %d\n' % (5 * (n - 1)) if n >= 2 else ''
  return '''\
# TYPE workqueue_adds_total counter
workqueue_adds_total{controller="plain",name="plain"} %d
%s# TYPE workqueue_depth gauge
workqueue_depth{controller="plain",name="plain",priority="0"} %d
# TYPE workqueue_work_duration_seconds histogram
workqueue_work_duration_seconds_bucket{controller="plain",name="plain",le="0.01"} 0
workqueue_work_duration_seconds_bucket{controller="plain",name="plain",le="0.1"} %d
workqueue_work_duration_seconds_bucket{controller="plain",name="plain",le="+Inf"} %d
workqueue_work_duration_seconds_sum{controller="plain",name="plain"} %g
workqueue_work_duration_seconds_count{controller="plain",name="plain"} %d
''' % (1000 + 14 * n, late, n, n, n, 0.03 * n, n)


def queues(n):
  return '# TYPE workqueue_depth gauge\n' + ''.join(
      'workqueue_depth{controller="q%d",name="q%d"} %d\n' % (i, i, n) for i in range(3000))


def histogram(*buckets):
  return '# TYPE workqueue_work_duration_seconds histogram\n' + ''.join(
      'workqueue_work_duration_seconds_bucket{name="q",le="%s"} %d\n' % b for b in buckets) + (
          'workqueue_work_duration_seconds_sum{name="q"} 1\n'
          'workqueue_work_duration_seconds_count{name="q"} 9\n'
          'workqueue_depth{name="q"} 3\n')


MILLION = ('# TYPE big gauge\n' + ''.join('big{n="%d"} %d\n' % (n, n) for n in range(10 ** 6))).encode()


# path: status, content type, body
BAD = {
    '404': (404, 'text/plain', '404 page not found\n'),
    '500': (500, 'text/plain', 'Authentication failed\n'),
    '503': (503, 'text/plain', 'try later\n'),
    'html': (200, 'text/html', '<html><body><h1>It works!</h1></body></html>\n'),
    'empty': (200, TEXT, ''),
    'binary': (200, TEXT, bytes(range(256)) * 16),
    'truncated': (200, TEXT, plain(3)),
    'wrong-type': (200, 'application/json', '{"up": 1}\n'),
    'one-bad-line': (200, TEXT, 'workqueue_depth{name="q"} 3\nworkqueue_depth{name="r"} three\n'),
    'duplicate': (200, TEXT, 'workqueue_depth{name="q"} 3\nworkqueue_depth{name="q"} 4\n'),
    'huge-line': (200, TEXT, 'workqueue_depth{name="q"} 3\nx{l="%s"} 1\n' % ('y' * 3000000)),
    'invalid-utf8': (200, TEXT, b'workqueue_depth{name="q"} 3\nx{l="\xff\xfe"} 1\n'),
    'le-not-a-number': (200, TEXT, histogram(('low', 1), ('+Inf', 9))),
    'buckets-out-of-order': (200, TEXT, histogram(('1', 4), ('0.1', 2), ('+Inf', 9))),
    'buckets-falling': (200, TEXT, histogram(('0.1', 4), ('1', 2), ('+Inf', 9))),
    'missing-inf': (200, TEXT, histogram(('0.1', 4), ('1', 6))),
    'redirect': (302, 'text/plain', ''),
}


KINDS = {'plain': plain, 'queues': queues}


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
  daemon_threads = True
  folder = ''
  lock = threading.Lock()
  lives = {}
  asked = {}

  def page(self, kind, name):
    with self.lock:
      now = time.time()
      if kind == 'good':
        if name not in self.lives:
          self.lives[name] = memcached_operator.Process(sum(name.encode()), now - 3)
        life = self.lives[name]
        life.go_on(now - life.started)
        body = memcached_operator.page_of(life)
      else:
        body = KINDS[kind](self.asked.get(name, 0))
      self.asked[name] = self.asked.get(name, 0) + 1
    folder = os.path.join(self.folder, name)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, '%d.txt' % (now * 1000)), 'w') as f:
      f.write(body)
    return body


class Handler(http.server.BaseHTTPRequestHandler):
  protocol_version = 'HTTP/1.1'

  def answer(self, status, kind, body, length=None):
    body = body if isinstance(body, bytes) else body.encode()
    self.send_response(status)
    self.send_header('Content-Type', kind)
    self.send_header('Content-Length', str(len(body) if length is None else length))
    if status == 302:
      self.send_header('Location', '/plain/redirected')
    self.end_headers()
    self.wfile.write(body)

  def do_GET(self):
    parts = self.path.split('?')[0].strip('/').split('/')
    if len(parts) == 2 and parts[0] in ('good', *KINDS):
      self.answer(200, TEXT, self.server.page(*parts))
    elif parts[0] == 'hang':
      time.sleep(3600)
    elif parts[0] == 'million':
      self.answer(200, TEXT, MILLION)
    elif parts[0] == 'endless-header':
      self.wfile.write(b'HTTP/1.1 200 OK\r\n' + b'X-A: ' + b'a' * 4000000 + b'\r\n\r\n')
      self.close_connection = True
    elif parts[0] == 'slow':
      time.sleep(random.uniform(0.2, 0.6))
      self.answer(200, TEXT, plain(1))
    elif parts[0] in BAD:
      status, kind, body = BAD[parts[0]]
      cut = parts[0] == 'truncated'
      self.answer(status, kind, body, len(body) + 100 if cut else None)
      self.close_connection = cut
    else:
      self.answer(404, 'text/plain', 'no such page\n')

  def log_message(self, *_):
    pass


def main():
  server = Server(('127.0.0.1', int(sys.argv[2]) if len(sys.argv) > 2 else 0), Handler)
  server.folder = sys.argv[1]
  print(server.server_address[1], flush=True)
  server.serve_forever()


if __name__ == '__main__':
  main()
