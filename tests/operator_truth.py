#!/usr/bin/env python3
"""Do an operator's own counts arrive as values?

usage: operator_truth.py OPERATORSTAT TRUTHS VALUES RECORDING

TRUTHS are answers of the operator's /truth, one after the other: the last one taken when it
had settled, the others while pages were read. VALUES is what `operatorstat replay` printed for
RECORDING, a folder with the pages of that one operator. Each counter must lie between the
truths before and after its page, and equal the last truth on the last page, as must the gauges
that are 0 then; all that the truth knows must be there, and nothing of its kind besides.
"""
import json
import pathlib
import re
import subprocess
import sys

LINE = re.compile(r'PUTVAL "[^/]+/[^/]+/([^"]+)" interval=\S+ (\d+)\.(\d{3}):(\S+)$')
SUM = re.compile(r'controller_runtime_reconcile_time_seconds_sum\{controller="([^"]+)"\} (\S+)')
# All counters of these kinds are in the truth.
OWN = ('total_operations-reconcile-', 'errors-reconcile-', 'errors-panic-', 'errors-terminal-',
       'threads-max-', 'http_response_codes-', 'derive-memcached_')


def read_truths(path):
  text, decoder, at, truths = path.read_text(), json.JSONDecoder(), 0, []
  while at < len(text):
    truth, end = decoder.raw_decode(text, at)
    truths.append(truth)
    at = end + len(text[end:]) - len(text[end:].lstrip())
  return truths


def read_values(path):
  """{identifier: {ms: number}}"""
  values = {}
  for line in path.read_text().splitlines():
    match = LINE.match(line)
    if match is None:
      sys.exit('no PUTVAL line: ' + line)
    identifier, seconds, ms, number = match.groups()
    at = int(seconds) * 1000 + int(ms)
    values.setdefault(identifier, {})[at] = float('nan' if number == 'U' else number)
  return values


def read_durations(recording):
  """{ms of a page: ms it took}"""
  durations = {}
  for line in (recording / 'status').read_text().splitlines():
    ms, code, took, _ = line.split(maxsplit=3)
    if code == '200':
      durations[int(ms)] = float(took)
  return durations


def seconds_before(operatorstat, recording):
  """What each controller had worked before the first page."""
  first = min(recording.glob('[0-9]*'), key=lambda page: int(page.stem))
  samples = subprocess.run([operatorstat, 'samples', first], stdout=subprocess.PIPE, text=True)
  return {name: float(number) for name, number in SUM.findall(samples.stdout)}


def counters(truth):
  """{identifier: (count, by how much a page may be behind the truth or ahead of it)}

  A reconcile, a request and an admission are counted twice, by the operator and by the library,
  one a moment after the other.
  """
  result = {}
  is_old = truth['release'].startswith('v0.14.')
  workers = sum(c['max_concurrent'] for c in truth['controllers'].values())
  for name, c in truth['controllers'].items():
    panics, terminal = c['results'].get('panic', 0), c['results'].get('terminal', 0)
    errors = c['results'].get('error', 0) + panics + terminal
    expected = {'errors-reconcile-%s' % name: errors}
    for outcome in 'success', 'requeue', 'requeue_after', 'error':
      count = errors if outcome == 'error' else c['results'].get(outcome, 0)
      expected['total_operations-reconcile-%s-%s' % (name, outcome)] = count
    if not is_old:
      expected['errors-panic-' + name] = panics
      expected['errors-terminal-' + name] = terminal
    result.update((i, (count, c['max_concurrent'])) for i, count in expected.items())
  for what, count in truth['api'].items():
    result['http_response_codes-api-%s-%s' % tuple(what.split())] = count, workers
  for path, codes in truth.get('webhooks', {}).items():
    # The library counts a path's 500 from the start.
    for code, count in {'500': 0, **codes}.items():
      result['http_response_codes-webhook-%s-%s' % (path.replace('/', '_'), code)] = count, 1
  for family, seen in truth.get('families', {}).items():
    kind = 'derive' if family.endswith('_total') else 'total_operations'
    for labels in LABELS.get(family, ('',)):
      result['%s-%s%s' % (kind, family, labels)] = seen['count'] // len(LABELS.get(family, ' ')), 1
  return result


# Both commands are seen equally often.
LABELS = {'memcached_command_seconds': ('-get', '-set'), 'memcached_evictions_total': ('-expired',)}


def gauges_at_rest(truth):
  result = {}
  for name, c in truth['controllers'].items():
    result['threads-max-' + name] = c['max_concurrent']
    for what in 'threads-active-', 'queue_length-depth-', 'duration-unfinished-':
      result[what + name] = 0
  return result


def check_between(truths, values, durations):
  """Yields what is wrong on pages read while the operator worked."""
  for before, after in zip(truths, truths[1:]):
    low, high = counters(before), counters(after)
    for identifier, (count, slack) in high.items():
      for ms, number in values.get(identifier, {}).items():
        if before['at_ms'] <= ms and ms + durations[ms] <= after['at_ms']:
          least = low.get(identifier, (0, 0))[0] - slack
          if not least <= number <= count + slack:
            yield '%s at %d is %g, not within %d..%d' % (identifier, ms, number, least, count)


def check_at_rest(truth, values):
  """Yields what is wrong on the last page."""
  expected = {identifier: count for identifier, (count, _) in counters(truth).items()}
  expected.update(gauges_at_rest(truth))
  last = max(ms for numbers in values.values() for ms in numbers)
  for identifier, count in sorted(expected.items()):
    number = values.get(identifier, {}).get(last)
    if number != count:
      yield '%s is %s at last, the operator counted %d' % (identifier, number, count)
  for identifier in values:
    is_mean = identifier.endswith(('-average', '-percentile_50', '-percentile_90', '-percentile_99'))
    if identifier.startswith(OWN) and identifier not in expected and not is_mean:
      yield '%s is there, the operator knows nothing of it' % identifier


def check_seconds(truth, values, already):
  """Yields controllers whose means times counts do not add up to their working time."""
  for name, c in truth['controllers'].items():
    ends = [values['total_operations-reconcile-%s-%s' % (name, outcome)]
            for outcome in ('success', 'requeue', 'requeue_after', 'error')]
    times = sorted(ends[0])
    seconds = already.get(name, 0)
    reconciles = 0
    for before, now in zip(times, times[1:]):
      mean = values.get('latency-reconcile-%s-average' % name, {}).get(now)
      count = sum(numbers.get(now, 0) - numbers.get(before, 0) for numbers in ends)
      if mean is not None and mean == mean:
        seconds += mean * count
        reconciles += count
    # the histogram's clock runs a little longer than the operator's own; busy machine, much
    if abs(seconds - c['seconds']) > 0.02 * c['seconds'] + 0.05 + 0.001 * reconciles:
      yield '%s: means say %.3f s, the operator %.3f s' % (name, seconds, c['seconds'])


def main():
  operatorstat, *paths = sys.argv[1:]
  truths_path, values_path, recording = map(pathlib.Path, paths)
  truths, values = read_truths(truths_path), read_values(values_path)
  already = seconds_before(operatorstat, recording)
  wrong = [*check_between(truths, values, read_durations(recording)),
           *check_at_rest(truths[-1], values),
           *check_seconds(truths[-1], values, already)]
  print('\n'.join(wrong) or '%d counters of release %s, %d truths'
        % (len(counters(truths[-1])), truths[-1]['release'], len(truths)))
  sys.exit(bool(wrong))


if __name__ == '__main__':
  main()
