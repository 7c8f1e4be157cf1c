#!/usr/bin/env python3
"""Are the figures of `operatorstat compare -j X X` those of the recording X?

usage: compare_figures.py FOLDER <OUTPUT

FOLDER holds the text pages of one operator. The figures are worked out here anew, from the
pages alone: increases through resets and restarts, quantiles as Prometheus interpolates them.
A recording beside itself has no change that is more than chance.
"""
import collections
import json
import math
import os
import re
import sys

LINE = re.compile(r'([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)')
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
HISTOGRAMS = {
    'reconcile': 'controller_runtime_reconcile_time_seconds',
    'queue': 'workqueue_queue_duration_seconds',
    'work': 'workqueue_work_duration_seconds',
}


def read_page(path):
  page = {}
  with open(path, encoding='utf-8') as f:
    for line in f:
      match = LINE.match(line) if not line.startswith('#') else None
      if match:
        labels = tuple(sorted(LABEL.findall(match[2] or '')))
        page[match[1], labels] = float(match[3])
  return page


def subject(name):
  """A controller as it stands in names."""
  name = re.sub('[^A-Za-z0-9._:-]', '_', name)
  if len(name) <= 90:
    return name
  fnv = 0x811c9dc5
  for byte in name.encode():
    fnv = (fnv ^ byte) * 0x01000193 % 2**32
  return '%s_%08x' % (name[:81], fnv)


def histogram_of(key):
  """The histogram that a series is part of, or the series itself."""
  name, labels = key
  base = re.sub('_(bucket|sum|count)$', '', name)
  if base == name or not (base.endswith('_seconds')):
    return key
  return base, tuple(l for l in labels if l[0] != 'le')


def increases(pages):
  """Each series' increase over all pages, and the time they cover."""
  total = collections.Counter()
  last = {}
  seconds = 0
  for (before_ms, _, before), (now_ms, started, page) in zip(pages, pages[1:]):
    last.update(before)
    seconds += (now_ms - before_ms) / 1000
    restarted = started is not None and started > pages[0][1] + 1.5 and started > before.get(
        ('process_start_time_seconds', ()), 0) + 1.5
    fell = {
        histogram_of(k)
        for k, v in page.items()
        if not k[0].endswith('_sum') and v < last.get(k, 0)
    }
    for key, value in page.items():
      from_zero = restarted or histogram_of(key) in fell
      total[key] += value if from_zero else value - last.get(key, 0)
    if restarted:
      last = {}
  return total, seconds


def quantile(q, buckets):
  buckets = sorted(buckets.items())
  count = buckets[-1][1]
  rank = q * count
  for i, (upper, cumulative) in enumerate(buckets):
    if cumulative >= rank:
      break
  if i == len(buckets) - 1:
    return buckets[-2][0]
  lower, below = buckets[i - 1] if i > 0 else (0, 0)
  return lower + (upper - lower) * ((rank - below) / (cumulative - below))


def figures_of(folder):
  pages = []
  for name in sorted(os.listdir(folder)):
    if name.endswith('.txt') and status_of(folder, name) == '200':
      page = read_page(os.path.join(folder, name))
      pages.append((int(name[:-4]), page.get(('process_start_time_seconds', ())), page))
  total, seconds = increases(pages)
  is_v01 = any(k[0].startswith('workqueue_queue_latency_seconds') for _, _, p in pages for k in p)
  figures, reconciles, errors = {}, collections.Counter(), collections.Counter()
  histograms = collections.defaultdict(dict)
  operator = collections.Counter()
  for (name, labels), value in total.items():
    label = dict(labels)
    who = subject(label.get('controller') or label.get('name') or '')
    if name == 'controller_runtime_reconcile_total':
      reconciles[who] += value
    elif name == 'controller_runtime_reconcile_errors_total':
      errors[who] += value
    elif name == 'rest_client_requests_total':
      operator['api_requests_per_reconcile'] += value
      operator['api_429_per_reconcile'] += value if label['code'] == '429' else 0
    elif name == 'process_cpu_seconds_total':
      operator['cpu_seconds_per_reconcile'] = value
    elif name == 'go_memstats_mallocs_total':
      operator['allocations_per_reconcile'] = value
    elif name == 'go_memstats_alloc_bytes_total':
      operator['allocated_bytes_per_reconcile'] = value
    for what, family in HISTOGRAMS.items():
      if name.startswith(family) and not is_v01:
        part = float(label['le']) if name.endswith('_bucket') else name[len(family) + 1:]
        histograms[who, what][part] = value
  for who, value in reconciles.items():
    figures[who, 'reconciles'] = value / seconds
    if value > 0:
      figures[who, 'error_percent'] = 100 * errors[who] / value
  for name, value in operator.items():
    figures['', name] = value / sum(reconciles.values())
  for (who, what), parts in histograms.items():
    count, total_seconds = parts.pop('count'), parts.pop('sum')
    if count > 0:
      figures[who, what + '_mean'] = total_seconds / count
      for q in (50, 90, 99):
        figures[who, '%s_p%d' % (what, q)] = quantile(q / 100, parts)
  return figures


def status_of(folder, name):
  with open(os.path.join(folder, 'status'), encoding='utf-8') as f:
    for line in f:
      words = line.split()
      if words[0] == name[:-4]:
        return words[1]
  return '200'


def main():
  wanted = figures_of(sys.argv[1])
  bad = []
  found = {}
  for line in sys.stdin:
    got = json.loads(line)
    key = got['controller'], got['figure']
    found[key] = got
    if got['before'] != got['after'] or got['significant']:
      bad.append('%s: differs from itself: %s' % (key, line))
    if key in wanted and not math.isclose(got['before'], wanted[key], rel_tol=1e-9, abs_tol=1e-12):
      bad.append('%s: %r, should be %r' % (key, got['before'], wanted[key]))
  bad += ['%s is not there' % (key,) for key in wanted if key not in found]
  bad += ['%s should not be there' % (key,) for key in found
          if key not in wanted and not key[1].startswith('throttled')]
  print(*bad[:20], '%d figures' % len(found), sep='\n')
  sys.exit(bool(bad) or len(found) < 4)


if __name__ == '__main__':
  main()
