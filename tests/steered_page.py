#!/usr/bin/env python3
"""Serves the page of an operator that does well or badly, as a file says.

usage: steered_page.py FILE

Prints its port once it listens. FILE holds words: `bad` (everything goes wrong that a threshold
is for), `down` (no page), `restarted` (the process has just started; later it is as old as that),
or nothing of these. Counters gain by the second; each page goes on from the one before.
"""
import http.server
import sys
import time

CONTROLLER = 'controller="memcached"'
QUEUE = 'controller="memcached",name="memcached"'
HOOK = 'webhook="/validate-memcached"'


class Life:
  def __init__(self):
    self.started = time.time() - 5000
    self.now = time.time()
    self.counts = {}
    self.is_restarted = False

  def add(self, series, amount):
    self.counts[series] = self.counts.get(series, 0) + amount

  def observe(self, family, labels, seconds, count):
    """Observations of one length, in buckets of which the last two bounds are 0.1 and 100."""
    for bound in ('0.01', '0.1', '100', '+Inf'):
      self.add('%s_bucket{%s,le="%s"}' % (family, labels, bound),
               count if seconds <= float(bound) else 0)
    self.add('%s_sum{%s}' % (family, labels), seconds * count)
    self.add('%s_count{%s}' % (family, labels), count)

  def go_on(self, words):
    now = time.time()
    seconds, self.now = now - self.now, now
    if 'restarted' in words and not self.is_restarted:
      self.started, self.counts = now - 0.5, {}
    self.is_restarted = 'restarted' in words
    bad = 'bad' in words
    count = round(10 * seconds)
    failed = count * 3 // 4 if bad else 0
    self.add('controller_runtime_reconcile_total{%s,result="success"}' % CONTROLLER, count - failed)
    self.add('controller_runtime_reconcile_total{%s,result="error"}' % CONTROLLER, failed)
    self.add('controller_runtime_reconcile_errors_total{%s}' % CONTROLLER, failed)
    self.add('controller_runtime_reconcile_panics_total{%s}' % CONTROLLER, bad)
    self.add('controller_runtime_terminal_reconcile_errors_total{%s}' % CONTROLLER, bad)
    self.observe('controller_runtime_reconcile_time_seconds', CONTROLLER, 60 if bad else 0.05, count)
    self.add('workqueue_work_duration_seconds_sum{%s}' % QUEUE, seconds * (2 if bad else 0.2))
    self.add('workqueue_work_duration_seconds_count{%s}' % QUEUE, count)
    self.add('workqueue_work_duration_seconds_bucket{%s,le="+Inf"}' % QUEUE, count)
    self.observe('controller_runtime_webhook_latency_seconds', HOOK, 6 if bad else 0.05, count)
    self.add('controller_runtime_webhook_requests_total{code="200",%s}' % HOOK, count)
    return dict(self.counts, **{
        'controller_runtime_max_concurrent_reconciles{%s}' % CONTROLLER: 2,
        'controller_runtime_active_workers{%s}' % CONTROLLER: 2 if bad else 0,
        'workqueue_depth{%s,priority="0"}' % QUEUE: 60 if bad else 1,
        'process_start_time_seconds': self.started,
    })


class Handler(http.server.BaseHTTPRequestHandler):
  life = Life()
  file = ''

  def do_GET(self):
    with open(self.file, encoding='utf-8') as f:
      words = f.read().split()
    page = self.life.go_on(words)
    body = ''.join('%s %.15g\n' % (s, v) for s, v in sorted(page.items())).encode()
    self.send_response(500 if 'down' in words else 200)
    self.send_header('Content-Type', 'text/plain; version=0.0.4; charset=utf-8')
    self.send_header('Content-Length', str(len(body)))
    self.end_headers()
    self.wfile.write(body)

  def log_message(self, *_):
    pass


def main():
  Handler.file = sys.argv[1]
  server = http.server.HTTPServer(('127.0.0.1', 0), Handler)
  print(server.server_address[1], flush=True)
  server.serve_forever()


if __name__ == '__main__':
  main()
