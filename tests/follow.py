#!/usr/bin/env python3
"""Follows each value from the page to the writers of collectd; see daemon_writers.sh.

usage: follow.py pages CSV RECORDING         drops recorded pages that never reached collectd
       follow.py csv CSV EXPECTED            what `operatorstat replay` says, value for value
       follow.py plain CSV                   what must be there by page_server.plain()
       follow.py whisper CSV FOLDER          rates of counters, all else as it is
       follow.py rrdtool CSV FOLDER
       follow.py prometheus CSV FILE         what the write_prometheus page shows
       follow.py http CSV FILE               what http_sink.py took
       follow.py network CSV CSV-OF-RECEIVER
       follow.py quiet CSV                   prints in how many seconds no page is about to come

CSV is the folder of collectd's csv writer, raw counters. STOPS in the environment: times when
collectd was stopped, parted by blanks; of the page just before one, values may be missing, and
the NaN that end values of the page behind one.
Prints what it compared; 1 if something differs.
"""
import collections
import glob
import json
import math
import os
import re
import subprocess
import sys
import time as clock

DERIVE = {'total_operations', 'errors', 'http_response_codes', 'total_time_in_ms', 'derive'}
INTERVAL = 1.0
STOPS = [float(stop) for stop in os.environ.get('STOPS', '').split()]
problems = []


def problem(text, *args):
  problems.append(text % args)


def is_derive(identifier):
  return identifier.split('/')[2].split('-')[0] in DERIVE


def read_csv(folder):
  """{identifier: {time: value}}"""
  values = collections.defaultdict(dict)
  for file in sorted(glob.glob(os.path.join(folder, '*', '*', '*'))):
    identifier = os.path.relpath(file, folder)[:-len('-YYYY-MM-DD')]
    with open(file) as f:
      for line in f:
        time, _, value = line.strip().partition(',')
        if time == 'epoch':
          continue
        if time in values[identifier]:
          problem('%s: two values at %s', identifier, time)
        values[identifier][float(time)] = float(value)
  return values


def near(times, time, within):
  best = min(times, key=lambda t: abs(t - time), default=math.inf)
  return best if abs(best - time) <= within else None


def same(a, b, relative=1e-9, absolute=1e-6):
  if math.isnan(a) or math.isnan(b):
    return math.isnan(a) and math.isnan(b)
  return math.isclose(a, b, rel_tol=relative, abs_tol=absolute)


def is_cut(times, time):
  """Is this the page just before collectd was stopped?"""
  return any(0 <= stop - time <= 1.5 * INTERVAL and not any(time < t < stop for t in times)
             for stop in STOPS)


def is_first(times, time):
  """Is this the first page after collectd was started again?"""
  return any(stop < time and not any(stop < t < time for t in times) for stop in STOPS)


def page_times(values, instance):
  return sorted(values['host.example/operator-%s/bytes-page' % instance])


def quiet(values):
  """Seconds until both endpoints are farthest from their next page and from their last."""
  good, plain = (page_times(values, instance)[-1] % INTERVAL for instance in ('good', 'plain'))
  between = (plain - good) % INTERVAL
  middle = good + between / 2 if between > INTERVAL / 2 else plain + (INTERVAL - between) / 2
  return '%.3f' % ((middle - clock.time()) % INTERVAL)


def pages(values, recording):
  dropped = kept = 0
  for instance in os.listdir(recording):
    times = page_times(values, instance)
    for name in os.listdir(os.path.join(recording, instance)):
      if near(times, int(name.split('.')[0]) / 1000, 0.4 * INTERVAL) is None:
        os.unlink(os.path.join(recording, instance, name))
        dropped += 1
      else:
        kept += 1
  if dropped > 2 * len(STOPS) + 2:
    problem('%d pages never reached collectd', dropped)
  return '%d pages' % kept


def tolerance(identifier):
  """Values that hang on the very millisecond of the request, which the server does not know."""
  what = identifier.split('/')[2]
  if what.startswith('uptime'):
    return 0.25
  if what.startswith('percent-busy'):
    return 5.0
  return 1e-6


def csv(values, expected_file):
  compared = 0
  expected = collections.defaultdict(dict)
  with open(expected_file) as f:
    for line in f:
      match = re.match(r'PUTVAL "([^"]+)" interval=\S+ ([0-9.]+):(\S+)$', line)
      time, value = float(match[2]), match[3]
      expected[match[1]][time] = math.nan if value == 'U' else float(value)
  for identifier, wanted in expected.items():
    if identifier.endswith('/response_time-scrape'):
      continue
    times = page_times(values, identifier.split('/')[1][len('operator-'):])
    have = values.get(identifier, {})
    seen = set()
    for time, value in wanted.items():
      page = near(times, time, 0.4 * INTERVAL)
      if page not in have:
        # what needed the page before the last one had no value yet that a NaN could end
        is_unknown = math.isnan(value) and page is not None and is_first(times, page)
        if not is_unknown and (page is None or not is_cut(times, page)):
          problem('%s: %s of the page at %.3f is not there', identifier, value, time)
        continue
      seen.add(page)
      compared += 1
      if not same(value, have[page], 1e-9, tolerance(identifier)):
        problem('%s at %.3f: %r on the page, %r in csv', identifier, page, value, have[page])
    for time in set(have) - seen:
      if not is_cut(times, time):
        problem('%s at %.3f: %r in csv was not to be expected', identifier, time, have[time])
  for identifier in set(values) - set(expected):
    problem('%s is not to be expected', identifier)
  return '%d values of %d identifiers' % (compared, len(expected))


def plain(values):
  base = 'host.example/operator-plain/'
  for identifier, wanted in (('queue_length-depth-plain', range(10 ** 6)),
                             ('total_operations-add-plain', range(1000, 10 ** 6, 14)),
                             ('total_operations-add-late', range(0, 10 ** 6, 5))):
    have = [value for _, value in sorted(values[base + identifier].items())]
    if have != list(wanted[:len(have)]) or len(have) < 8:
      problem('%s: %s', identifier, have)
  for identifier, value in (('latency-work-plain-average', 0.03),
                            ('latency-work-plain-percentile_50', 0.055),
                            ('latency-work-plain-percentile_99', 0.0991)):
    have = values[base + identifier].values()
    if len(have) < 8 or not all(same(value, v) for v in have):
      problem('%s: %s, not %s', identifier, list(have), value)
  times = page_times(values, 'plain')
  late = sorted(values[base + 'total_operations-add-late'])
  if late != times[1:len(late) + 1]:
    problem('the zero of the new counter is not of the page before: %s of %s', late, times)
  return '%d pages' % len(times)


def rates(points):
  """Raw counter values to what a writer makes of them; the first has none."""
  times = sorted(points)
  return {b: (points[b] - points[a]) / (b - a) for a, b in zip(times, times[1:])}


def whisper(values, folder):
  import whisper as library
  compared = 0
  for identifier, points in values.items():
    parts = [re.sub(r'[.\s"\\:!,/()]', '_', part) for part in identifier.split('/')]
    file = os.path.join(folder, *parts) + '.wsp'
    if not os.path.exists(file):
      problem('no %s', file)
      continue
    wanted = collections.defaultdict(list)
    for time, value in (rates(points) if is_derive(identifier) else points).items():
      wanted[math.floor(time + 0.5)].append((time, value))  # as write_graphite rounds
    (start, _, step), have = library.fetch(file, int(min(points)) - 2, int(max(points)) + 2)
    at = {start + i * step: value for i, value in enumerate(have)}
    for second, choices in wanted.items():
      found = at.get(second)
      found = math.nan if found is None else found
      compared += 1
      if not any(same(value, found, 0.02, 1e-5) for _, value in choices):
        # the pages on both sides of a stop may fall into one second
        times, time = page_times(values, identifier.split('/')[1][9:]), choices[0][0]
        if not is_cut(times, time) and not is_first(times, time):
          problem('%s at %d: %s in csv, %r in whisper', identifier, second, choices, found)
  return '%d points' % compared


def rrdtool(values, folder):
  identifiers = sorted(values)
  files = [os.path.join(folder, identifier) + '.rrd' for identifier in identifiers]
  for file in files:
    if not os.path.exists(file):
      problem('no %s', file)
  run = subprocess.run(['rrdtool', '-'], text=True, capture_output=True, check=True,
                       input=''.join('lastupdate %s\n' % file for file in files))
  last = re.findall(r'^(\d+): (\S+)$', run.stdout, re.M)
  if len(last) != len(files):
    problem('%d of %d files were readable: %s', len(last), len(files), run.stdout[-500:])
  for identifier, (time, value) in zip(identifiers, last):
    choices = [v for t, v in values[identifier].items() if abs(t - int(time)) <= 1]
    found = math.nan if value in ('U', 'nan') else float(value)
    if not any(same(v, found, 1e-6) for v in choices):
      problem('%s at %s: %r, not of %s', identifier, time, value, choices)
  return '%d files' % len(last)


def prometheus(values, file):
  compared = 0
  by_end = collections.defaultdict(list)
  for identifier in values:
    _, plugin, kind = identifier.split('/')
    kind, _, rest = kind.partition('-')
    by_end[plugin[len('operator-'):], kind, rest].append(identifier)
  with open(file) as f:
    for line in f:
      match = re.match(r'collectd_operator_(\w+)\{operator="([^"]*)",type="([^"]*)",'
                       r'instance="host.example"\} (\S+) (\d+)$', line)
      if not match:
        continue
      kind = re.sub('_(total|seconds)$', '', match[1])
      found = by_end.get((match[2], kind, match[3])) or by_end.get((match[2], match[1], match[3]))
      if not found:
        problem('not in csv: %s', line.strip())
        continue
      time = near(values[found[0]], int(match[5]) / 1000, 0.002)
      compared += 1
      if time is None or not same(values[found[0]][time], float(match[4]), 1e-6):
        problem('not as in csv: %s', line.strip())
  if compared < len(values) // 2:
    problem('only %d of %d values are on the page', compared, len(values))
  return '%d values' % compared


def http(values, file):
  seen = collections.defaultdict(dict)
  with open(file) as f:
    for line in f:
      for v in json.loads(line):
        plugin = v['plugin'] + '-' + v['plugin_instance']
        identifier = '/'.join((v['host'], plugin, v['type'] + '-' + v['type_instance']))
        value = v['values'][0]
        seen[identifier][v['time']] = math.nan if value is None else value
  return compare(values, seen, 'write_http')


def compare(values, seen, name):
  compared = 0
  for identifier, points in values.items():
    for time, value in points.items():
      found = near(seen.get(identifier, ()), time, 0.002)
      if found is None:
        if not is_cut(page_times(values, identifier.split('/')[1][9:]), time):
          problem('%s at %.3f did not come to %s', identifier, time, name)
        continue
      compared += 1
      if not same(value, seen[identifier][found], 1e-6):
        problem('%s at %.3f: %r, %s has %r', identifier, time, value, name,
                seen[identifier][found])
  for identifier in set(seen) - set(values):
    problem('%s in %s alone', identifier, name)
  return '%d values' % compared


def network(values, folder):
  return compare(values, read_csv(folder), 'the receiver')


def main():
  what, folder = sys.argv[1:3]
  values = read_csv(folder)
  if not values:
    problem('nothing in %s', folder)
  told = {'pages': pages, 'csv': csv, 'plain': plain, 'whisper': whisper, 'rrdtool': rrdtool,
          'prometheus': prometheus, 'http': http, 'network': network,
          'quiet': quiet}[what](values, *sys.argv[3:])
  print(told)
  for text in problems[:20]:
    print(text)
  if problems:
    print('%d problems' % len(problems))
    sys.exit(1)


if __name__ == '__main__':
  main()
