#!/usr/bin/env python3
"""Is every counter and gauge that replay gives what Prometheus has of the same scrape?

usage: prometheus_values.py PROMETHEUS VALUES

PROMETHEUS is the URL of a server that scraped one operator as job "operator" through
recording_proxy.py, VALUES what `operatorstat replay --family '*'` printed for the recording. A
page is known by its time.
"""
import json
import math
import pathlib
import re
import sys
import urllib.parse
import urllib.request

LINE = re.compile(r'PUTVAL "[^/]+/[^/]+/([^"]+)" interval=\S+ (\S+):(\S+)$')
DERIVES = ('total_operations-', 'errors-', 'http_response_codes-', 'total_time_in_ms-', 'derive-')
# Worked out from two pages, of the scrape itself, or of a histogram that starts anew so often
# that its running total is another number.
OTHER = re.compile(r'(percent-.*|.*-(average|percentile_[0-9_]+)'
                   r'|gauge-up|(response_time|response_code)-scrape|bytes-page|objects-.*'
                   r'|errors-bad_lines|total_operations-memcached_flush_seconds)$')
SENTINELS = (2.0 ** 63, 2.0 ** 64)

# Families by name: what their values are called.
NAMES = {
  'controller_runtime_active_workers': 'threads-active-{controller}',
  'controller_runtime_conversion_webhook_panics_total': 'errors-conversion_webhook_panic',
  'controller_runtime_max_concurrent_reconciles': 'threads-max-{controller}',
  'controller_runtime_reconcile_errors_total': 'errors-reconcile-{controller}',
  'controller_runtime_reconcile_panics_total': 'errors-panic-{controller}',
  'controller_runtime_reconcile_timeouts_total': 'errors-timeout-{controller}',
  'controller_runtime_reconcile_total': 'total_operations-reconcile-{controller}-{result}',
  'controller_runtime_terminal_reconcile_errors_total': 'errors-terminal-{controller}',
  'controller_runtime_webhook_panics_total': 'errors-webhook_panic',
  'controller_runtime_webhook_requests_in_flight': 'pending_operations-webhook-{webhook}',
  'controller_runtime_webhook_requests_total': 'http_response_codes-webhook-{webhook}-{code}',
  'certwatcher_read_certificate_errors_total': 'errors-certificate_read',
  'certwatcher_read_certificate_total': 'total_operations-certificate_read',
  'go_gc_duration_seconds_count': 'total_operations-gc',
  'go_goroutines': 'threads-goroutines',
  'go_memstats_heap_alloc_bytes': 'memory-heap_alloc',
  'go_memstats_heap_inuse_bytes': 'memory-heap_inuse',
  'go_memstats_next_gc_bytes': 'memory-next_gc',
  'go_memstats_sys_bytes': 'memory-sys',
  'go_threads': 'threads-os',
  'leader_election_master_status': 'gauge-leader-{name}',
  'process_cpu_seconds_total': 'total_time_in_ms-cpu',
  'process_max_fds': 'file_handles-max',
  'process_open_fds': 'file_handles-open',
  'process_resident_memory_bytes': 'memory-resident',
  'process_start_time_seconds': 'uptime-process',
  'process_virtual_memory_bytes': 'memory-virtual',
  'rest_client_request_retries_total': 'total_operations-api_retry-{verb}-{code}',
  'rest_client_requests_total': 'http_response_codes-api-{method}-{code}',
  'workqueue_adds_total': 'total_operations-add-{name}',
  'workqueue_depth': 'queue_length-depth-{name}',
  'workqueue_longest_running_processor_seconds': 'duration-longest_running-{name}',
  'workqueue_retries_total': 'total_operations-retry-{name}',
  'workqueue_unfinished_work_seconds': 'duration-unfinished-{name}',
}
# Of these there are means, quantiles or shares alone.
USED = re.compile(
  r'(controller_runtime_reconcile_time_seconds|controller_runtime_webhook_latency_seconds'
  r'|workqueue_(queue|work)_duration_seconds|rest_client_request_duration_seconds'
  r'|rest_client_rate_limiter_duration_seconds|go_gc_duration_seconds|go_gc_pauses_seconds'
  r'|go_sched_pauses_total_gc_seconds|go_sched_latencies_seconds)(_sum|_count|_bucket)?$'
  r'|go_cpu_classes_(gc_)?total_cpu_seconds_total$')


class Prometheus:
  def __init__(self, url):
    self.url = url
    self.types = {name: all_of_it[0]['type'] for name, all_of_it in self.get('metadata').items()}

  def get(self, what, **query):
    with urllib.request.urlopen('%s/api/v1/%s?%s' % (
        self.url, what, urllib.parse.urlencode(query))) as answer:
      return json.load(answer)['data']

  def scrapes(self):
    """The time of each scrape."""
    result = self.get('query', query='up{job="operator"}[1h]')['result']
    return [time for time, up in result[0]['values'] if up == '1']

  def series_at(self, time):
    """Yields (name, labels, value) of all that one scrape brought."""
    for series in self.get('query', query='{job="operator"}', time='%.3f' % time)['result']:
      labels = {k: v for k, v in series['metric'].items() if k not in ('job', 'instance')}
      name = labels.pop('__name__')
      if name != 'up' and not name.startswith('scrape_'):
        yield name, labels, float(series['value'][1])


def escaped(text):
  return re.sub(r'[^A-Za-z0-9._:-]', '_', text) or '_'


def fnv1a(text):
  value = 2166136261
  for byte in text.encode():
    value = (value ^ byte) * 16777619 % 2 ** 32
  return value


def is_counter(types, name):
  """OpenMetrics calls the family of a counter by the name without _total, which may be that of
  a gauge besides: go_memstats_alloc_bytes. No counter of the operators' lacks _total."""
  kind = types.get(name) or types.get(name.removesuffix('_total'))
  return name.endswith('_total') and kind == 'counter'


def identifier_of(prometheus, name, labels):
  """What a series' value is called, or None where there is none."""
  if name in NAMES:
    return NAMES[name].format(**{k: escaped(v) for k, v in labels.items()})
  if USED.match(name):
    return None
  for part in '_bucket', '_sum', '_count':
    kind = prometheus.types.get(name.removesuffix(part))
    if name.endswith(part) and kind in ('histogram', 'summary'):
      if part != '_count':
        return None
      return 'total_operations-' + subject(name[:-len(part)], labels)
  if not is_counter(prometheus.types, name):
    return 'gauge-' + subject(name, labels)
  if name.endswith('_seconds_total'):
    return 'total_time_in_ms-' + subject(name, labels)
  return 'derive-' + subject(name, labels)


def subject(family, labels):
  whole = '-'.join([family] + [escaped(labels[name]) for name in sorted(labels)])
  return whole if len(whole) <= 90 else '%s_%08x' % (whole[:81], fnv1a(whole))


def expected_at(prometheus, time):
  values = {}
  for name, labels, value in prometheus.series_at(time):
    identifier = identifier_of(prometheus, name, labels)
    if name == 'process_start_time_seconds':
      value = time - value
    if not identifier or OTHER.match(identifier):
      continue
    if value not in SENTINELS and not math.isnan(value):
      values[identifier] = values.get(identifier, 0) + value
  return values


def same(identifier, ours, theirs):
  if identifier.startswith('total_time_in_ms-'):
    return abs(ours - theirs * 1000) <= 1.01
  if identifier.startswith(DERIVES):
    return 0 <= theirs - ours < 1
  if identifier == 'uptime-process':
    return abs(ours - theirs) < 0.5  # the proxy is asked a little later than Prometheus says
  return ours == theirs


def read_pages(path):
  """{time of a page: {identifier: number}}, in order"""
  pages = {}
  for line in path.read_text().splitlines():
    identifier, time, number = LINE.match(line).groups()
    if number != 'U' and not OTHER.match(identifier):
      pages.setdefault(float(time), {})[identifier] = float(number)
  return dict(sorted(pages.items()))


def paired(pages, scrapes):
  """Yields (page, time of its scrape): the proxy is asked within the scrape's second."""
  for time, page in pages.items():
    scrape = min(scrapes, key=lambda scrape: abs(scrape - time))
    if abs(scrape - time) < 0.5:
      yield page, scrape


def compare(ours, theirs, next_of_theirs):
  for identifier in sorted(ours.keys() | theirs.keys()):
    if identifier not in theirs:
      # A counter that is new on a page was 0 at the time of the page before.
      if ours[identifier] == 0 and identifier in next_of_theirs:
        continue
      yield '%s: replay has %.17g, Prometheus nothing' % (identifier, ours[identifier])
    elif identifier not in ours:
      yield '%s: replay has nothing, Prometheus %.17g' % (identifier, theirs[identifier])
    elif not same(identifier, ours[identifier], theirs[identifier]):
      yield '%s: replay has %.17g, Prometheus %.17g' % (
        identifier, ours[identifier], theirs[identifier])


def main():
  prometheus, pages = Prometheus(sys.argv[1]), read_pages(pathlib.Path(sys.argv[2]))
  pairs = list(paired(pages, prometheus.scrapes()))
  theirs = [expected_at(prometheus, scrape) for _, scrape in pairs] + [{}]
  wrong, equal = [], 0
  for n, (ours, scrape) in enumerate(pairs):
    differences = list(compare(ours, theirs[n], theirs[n + 1]))
    equal += len(theirs[n]) - len(differences)
    wrong += ['%.3f %s' % (scrape, difference) for difference in differences]
  print('\n'.join(wrong + ['%d values of %d pages equal' % (equal, len(pairs))]))
  sys.exit(bool(wrong) or not pairs)


if __name__ == '__main__':
  main()
