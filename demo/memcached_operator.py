#!/usr/bin/env python3
"""A make-believe operator: its metrics page moves like that of a real one.

usage: memcached_operator.py [--port N] [--seed N]

Serves http://127.0.0.1:PORT/metrics (a free port unless told) and prints that address once it
listens. Families, labels and bucket bounds are those of an operator built on controller-runtime
v0.25. What the numbers show is simulated, the same for the same seed: work queues with workers,
back-off and retries. memcached gets more work than it can do every forty seconds, issuer is
quick, backup is slow and meets an API server that answers 500 from second 30 to 45; after two
minutes the process "is restarted" and all begins again.
"""
import argparse
import decimal
import heapq
import http.server
import itertools
import math
import random
import threading
import time

STEP = 0.01
LIFE = 120.0
API = '10.96.0.1:443'
LOW_PRIORITY, NORMAL = -100, 0

RECONCILE_BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6,
                    0.7, 0.8, 0.9, 1, 1.25, 1.5, 1.75, 2, 2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9, 10, 15,
                    20, 25, 30, 40, 50, 60]
QUEUE_BOUNDS = [1e-08, 1e-07, 1e-06, 9.999999999999999e-06, 9.999999999999999e-05, 0.001, 0.01, 0.1,
                1, 10, 100, 1000]
GO_BOUNDS = [6.399999999999999e-08, 6.399999999999999e-07, 7.167999999999999e-06,
             8.191999999999999e-05, 0.0009175039999999999, 0.010485759999999998,
             0.11744051199999998]


def number(value):
  """A float as Go prints it in text format: shortest digits, exponent from 1e+06 on."""
  value = float(value)
  if value in (0, math.inf):
    return '0' if value == 0 else '+Inf'
  sign, digits, exponent = decimal.Decimal(repr(value)).normalize().as_tuple()
  power = len(digits) + exponent - 1
  if -5 < power < 6:
    text = format(decimal.Decimal(repr(value)).normalize(), 'f')
    return text
  mantissa = ''.join(map(str, digits))
  return '%s%s%se%+03d' % ('-' * sign, mantissa[0], '.' + mantissa[1:] if mantissa[1:] else '', power)


class Histogram:
  def __init__(self, bounds):
    self.bounds = bounds
    self.counts = [0] * (len(bounds) + 1)
    self.sum = 0.0

  def observe(self, value):
    for place, bound in enumerate(self.bounds):
      if value <= bound:
        break
    else:
      place = len(self.bounds)
    self.counts[place] += 1
    self.sum += value

  def count(self):
    return sum(self.counts)


class Controller:
  """A work queue and its workers; time passes by step()."""

  def __init__(self, name, workers, rate, median, objects, dice):
    self.name, self.workers, self.rate, self.median, self.dice = name, workers, rate, median, dice
    self.tie = itertools.count()
    self.waiting = []  # (-priority, order, since, failures)
    self.later = []    # (due, order, failures)
    self.running = []  # (end, order, begun, error, failures)
    self.adds = self.retries = self.errors = 0
    self.results = dict.fromkeys(('error', 'requeue', 'requeue_after', 'success'), 0)
    self.reconcile = Histogram(RECONCILE_BOUNDS)
    self.queued = Histogram(QUEUE_BOUNDS)
    self.worked = Histogram(QUEUE_BOUNDS)
    for _ in range(objects):
      self.add(0.0, LOW_PRIORITY, 0)

  def add(self, now, priority, failures):
    self.adds += 1
    heapq.heappush(self.waiting, (-priority, next(self.tie), now, failures))

  def depth(self):
    depths = {LOW_PRIORITY: 0, NORMAL: 0}
    for minus_priority, _, _, _ in self.waiting:
      depths[-minus_priority] += 1
    return depths

  def step(self, now, api):
    if self.dice.random() < self.rate(now) * STEP:
      self.add(now, NORMAL, 0)
    while self.later and self.later[0][0] <= now:
      _, _, failures = heapq.heappop(self.later)
      self.add(now, NORMAL, failures)
    while self.running and self.running[0][0] <= now:
      self.finish(now, *heapq.heappop(self.running))
    while self.waiting and len(self.running) < self.workers:
      _, _, since, failures = heapq.heappop(self.waiting)
      self.queued.observe(now - since + self.dice.uniform(1e-6, 5e-5))
      seconds = self.dice.lognormvariate(math.log(self.median), 0.6)
      error = api.requests(self.name, now)
      heapq.heappush(self.running, (now + seconds, next(self.tie), now, error, failures))

  def finish(self, now, end, _order, begun, error, failures):
    seconds = end - begun
    self.worked.observe(seconds + 1e-5)
    self.reconcile.observe(seconds)
    if error:
      self.errors += 1
      self.results['error'] += 1
      self.retries += 1
      heapq.heappush(self.later, (now + min(60, 0.005 * 2 ** failures), next(self.tie), failures + 1))
    elif self.dice.random() < 0.05:
      self.results['requeue_after'] += 1
      self.retries += 1
      heapq.heappush(self.later, (now + self.dice.uniform(1, 4), next(self.tie), 0))
    else:
      self.results['success'] += 1


class Api:
  """What the operator asks of the API server: some requests for each reconcile."""

  def __init__(self, dice):
    self.dice = dice
    self.answers = {}

  def count(self, method, code):
    self.answers[code, method] = self.answers.get((code, method), 0) + 1

  def requests(self, controller, now):
    """Whether a reconcile that begins now ends in an error."""
    if controller == 'backup' and 30 <= now < 45 and self.dice.random() < 0.8:
      self.count('PUT', '500')
      return True
    if self.dice.random() < 0.02:
      self.count('PUT', '409')
      return True
    self.count('PUT', '200')
    if self.dice.random() < 0.1:
      self.count('POST', '201')
    return False


class Process:
  """One life of the operator, from its start to its restart."""

  def __init__(self, seed, started):
    self.dice = random.Random(seed)
    self.started = started
    self.now = 0.0
    self.api = Api(self.dice)
    self.controllers = [
        Controller('backup', 1, lambda now: 0.8, 0.4, 4, self.dice),
        Controller('issuer', 2, lambda now: 12, 0.004, 20, self.dice),
        Controller('memcached', 4, lambda now: 70 if now % 40 > 28 else 18, 0.07, 60, self.dice),
    ]
    self.scheduler = Histogram(GO_BOUNDS)
    self.pauses = Histogram(GO_BOUNDS)
    self.cpu = 0.05
    self.gc_cpu = 0.001
    self.heap = 4.5e6
    for _ in range(4):
      self.api.count('GET', '200')

  def go_on(self, seconds):
    while self.now + STEP <= seconds:
      self.now += STEP
      for controller in self.controllers:
        controller.step(self.now, self.api)
      self.runtime()

  def runtime(self):
    busy = sum(len(controller.running) for controller in self.controllers)
    self.cpu += STEP * (0.002 + 0.012 * busy)
    self.heap += 2500 * (1 + busy)
    self.scheduler.observe(self.dice.lognormvariate(math.log(4e-6), 2))
    if self.heap > 9.5e6:
      self.heap = 4.5e6 + self.dice.uniform(0, 4e5)
      self.pauses.observe(self.dice.lognormvariate(math.log(6e-5), 0.8))
      self.gc_cpu += self.dice.uniform(0.001, 0.004)


class Page:
  """Families in text format 0.0.4, put into the order of their names."""

  def __init__(self):
    self.families = {}

  def family(self, name, kind, help_text):
    lines = ['# HELP %s %s' % (name, help_text), '# TYPE %s %s' % (name, kind)]
    self.families[name] = lines

    def sample(value, suffix='', **labels):
      text = ','.join('%s="%s"' % label for label in labels.items())
      lines.append('%s%s%s %s' % (name, suffix, '{%s}' % text if text else '', number(value)))
    return sample

  def single(self, name, kind, help_text, value):
    self.family(name, kind, help_text)(value)

  def histogram(self, name, help_text, of):
    sample = self.family(name, 'histogram', help_text)
    for labels, histogram in of:
      total = 0
      for bound, count in zip(histogram.bounds + [math.inf], histogram.counts):
        total += count
        sample(total, '_bucket', **labels, le=number(bound))
      sample(histogram.sum, '_sum', **labels)
      sample(histogram.count(), '_count', **labels)

  def text(self):
    return ''.join('\n'.join(lines) + '\n' for _, lines in sorted(self.families.items()))


def controller_families(page, controllers):
  def each(name, kind, help_text, value):
    sample = page.family('controller_runtime_' + name, kind, help_text)
    for c in controllers:
      sample(value(c), controller=c.name)

  each('active_workers', 'gauge', 'Number of currently used workers per controller',
       lambda c: len(c.running))
  each('max_concurrent_reconciles', 'gauge', 'Maximum number of concurrent reconciles per controller',
       lambda c: c.workers)
  each('reconcile_errors_total', 'counter', 'Total number of reconciliation errors per controller',
       lambda c: c.errors)
  each('reconcile_panics_total', 'counter', 'Total number of reconciliation panics per controller',
       lambda c: 0)
  each('reconcile_timeouts_total', 'counter',
       'Total number of reconciliation timeouts per controller', lambda c: 0)
  each('terminal_reconcile_errors_total', 'counter',
       'Total number of terminal reconciliation errors per controller', lambda c: 0)
  sample = page.family('controller_runtime_reconcile_total', 'counter',
                       'Total number of reconciliations per controller')
  for c in controllers:
    for result, count in c.results.items():
      sample(count, controller=c.name, result=result)
  page.histogram('controller_runtime_reconcile_time_seconds',
                 'Length of time per reconciliation per controller',
                 [({'controller': c.name}, c.reconcile) for c in controllers])
  for what in ('webhook', 'conversion_webhook'):
    page.single('controller_runtime_%s_panics_total' % what, 'counter',
                'Total number of %s panics' % what.replace('_', ' '), 0)


def queue_families(page, controllers, now):
  def each(name, kind, help_text, value):
    sample = page.family('workqueue_' + name, kind, help_text)
    for c in controllers:
      sample(value(c), controller=c.name, name=c.name)

  each('adds_total', 'counter', 'Total number of adds handled by workqueue', lambda c: c.adds)
  each('retries_total', 'counter', 'Total number of items added to the workqueue with a non-zero'
       ' delay (rate-limited requeues, explicit RequeueAfter or AddAfter calls)', lambda c: c.retries)
  each('longest_running_processor_seconds', 'gauge', 'How many seconds has the longest running'
       ' processor for workqueue been running.',
       lambda c: max((now - begun for _, _, begun, _, _ in c.running), default=0))
  each('unfinished_work_seconds', 'gauge', 'How many seconds of work has been done that is in'
       " progress and hasn't been observed by work_duration. Large values indicate stuck threads."
       ' One can deduce the number of stuck threads by observing the rate at which this increases.',
       lambda c: sum(now - begun for _, _, begun, _, _ in c.running))
  sample = page.family('workqueue_depth', 'gauge',
                       'Current depth of workqueue by workqueue and priority')
  for c in controllers:
    for priority, depth in c.depth().items():
      sample(depth, controller=c.name, name=c.name, priority=priority)
  for name, help_text, of in (
      ('queue', 'How long in seconds an item stays in workqueue before being requested',
       lambda c: c.queued),
      ('work', 'How long in seconds processing an item from workqueue takes.', lambda c: c.worked)):
    page.histogram('workqueue_%s_duration_seconds' % name, help_text,
                   [({'controller': c.name, 'name': c.name}, of(c)) for c in controllers])


def runtime_families(page, process):
  busy = sum(len(c.running) for c in process.controllers)
  cycles = process.pauses.count()
  for name, kind, help_text, value in (
      ('certwatcher_read_certificate_total', 'counter', 'Total number of certificate reads', 1),
      ('certwatcher_read_certificate_errors_total', 'counter',
       'Total number of certificate read errors', 0),
      ('go_cpu_classes_gc_total_cpu_seconds_total', 'counter',
       'Estimated total CPU time spent performing GC tasks.', process.gc_cpu),
      ('go_cpu_classes_total_cpu_seconds_total', 'counter', 'Estimated total available CPU time for'
       ' user Go code or the Go runtime, as defined by GOMAXPROCS.', 2 * process.now),
      ('go_goroutines', 'gauge', 'Number of goroutines that currently exist.', 58 + 3 * busy),
      ('go_threads', 'gauge', 'Number of OS threads created.', 9),
      ('go_memstats_heap_alloc_bytes', 'gauge',
       'Number of heap bytes allocated and currently in use.', round(process.heap)),
      ('go_memstats_heap_inuse_bytes', 'gauge', 'Number of heap bytes that are in use.',
       round(process.heap + 2.6e6)),
      ('go_memstats_next_gc_bytes', 'gauge',
       'Number of heap bytes when next garbage collection will take place.', 9500000),
      ('go_memstats_sys_bytes', 'gauge', 'Number of bytes obtained from system.', 22911240),
      ('process_cpu_seconds_total', 'counter',
       'Total user and system CPU time spent in seconds.', round(process.cpu, 2)),
      ('process_max_fds', 'gauge', 'Maximum number of open file descriptors.', 1048576),
      ('process_open_fds', 'gauge', 'Number of open file descriptors.', 12 + busy),
      ('process_resident_memory_bytes', 'gauge', 'Resident memory size in bytes.',
       54337536 + 4096 * round(process.heap / 8192)),
      ('process_start_time_seconds', 'gauge',
       'Start time of the process since unix epoch in seconds.', round(process.started, 2)),
      ('process_virtual_memory_bytes', 'gauge', 'Virtual memory size in bytes.', 1875505152)):
    page.single(name, kind, help_text, value)
  page.family('go_info', 'gauge', 'Information about the Go environment.')(1, version='go1.26.8')
  page.family('leader_election_master_status', 'gauge', 'Gauge of if the reporting system is master'
              ' of the relevant lease, 0 indicates backup, 1 indicates master.')(
                  process.now >= 1, name='memcached-operator.example.com')
  sample = page.family('go_gc_duration_seconds', 'summary', 'A summary of the wall-time pause'
                       ' (stop-the-world) duration in garbage collection cycles.')
  for quantile in (0, 0.25, 0.5, 0.75, 1):
    sample(6e-5 * 4 ** (quantile - 0.5) if cycles else 0, quantile=number(quantile))
  sample(process.pauses.sum, '_sum')
  sample(cycles, '_count')
  page.histogram('go_sched_latencies_seconds', 'Distribution of the time goroutines have spent in the'
                 ' scheduler in a runnable state before actually running.', [({}, process.scheduler)])
  page.histogram('go_sched_pauses_total_gc_seconds',
                 'Distribution of individual GC-related stop-the-world pause latencies.',
                 [({}, process.pauses)])


def page_of(process):
  page = Page()
  controller_families(page, process.controllers)
  queue_families(page, process.controllers, process.now)
  sample = page.family('rest_client_requests_total', 'counter',
                       'Number of HTTP requests, partitioned by status code, method, and host.')
  for (code, method), count in sorted(process.api.answers.items()):
    sample(count, code=code, host=API, method=method)
  runtime_families(page, process)
  return page.text()


class Demo:
  """The life of now: a new one begins every LIFE seconds."""

  def __init__(self, seed):
    self.seed = seed
    self.process = Process(seed, time.time())
    self.lock = threading.Lock()

  def page(self):
    with self.lock:
      alive = time.time() - self.process.started
      if alive >= LIFE:
        self.process = Process(self.seed, time.time() - alive % LIFE)
        alive %= LIFE
      self.process.go_on(alive)
      return page_of(self.process)


def serve(port, seed):
  demo = Demo(seed)

  class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def do_GET(self):
      found = self.path.split('?')[0] == '/metrics'
      body = (demo.page() if found else '404 page not found\n').encode()
      self.send_response(200 if found else 404)
      self.send_header('Content-Type', 'text/plain; version=0.0.4; charset=utf-8; escaping=underscores'
                       if found else 'text/plain; charset=utf-8')
      self.send_header('Content-Length', str(len(body)))
      self.end_headers()
      self.wfile.write(body)

    def log_message(self, *_):
      pass

  # a thread each: whoever keeps his connection would keep all others out
  server = http.server.ThreadingHTTPServer(('127.0.0.1', port), Handler)
  print('http://127.0.0.1:%d/metrics' % server.server_address[1], flush=True)
  server.serve_forever()


def main():
  parser = argparse.ArgumentParser(description=__doc__, usage=argparse.SUPPRESS,
                                   formatter_class=argparse.RawDescriptionHelpFormatter)
  parser.add_argument('--port', type=int, default=0)
  parser.add_argument('--seed', type=int, default=1)
  args = parser.parse_args()
  try:
    serve(args.port, args.seed)
  except KeyboardInterrupt:
    pass


if __name__ == '__main__':
  main()
