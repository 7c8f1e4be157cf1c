#!/usr/bin/env python3
"""Does `operatorstat why -j RECORDING` find what the operators themselves counted?

usage: why_truth.py RECORDING <OUTPUT

RECORDING holds truth.json: at each page what the operator had done. Where a count is well beyond a
rule's threshold its finding must be there, well below it must not; in between is left open,
since a page and the truth of its moment are some reconciles apart.
"""
import collections
import json
import os
import sys

# share: the least that must be found, the most that must not (per cent); of so many at least
ERRORS = 1.5, 0.6, 20
REQUEUES = 25, 15, 20
CONFLICTS = 3, 1, 30
API_ERRORS = 1.5, 0.6, 40


def gained(pages, counts_of):
  """Increases over the pages, through restarts."""
  sums, before, pid = collections.Counter(), None, None
  for page in pages:
    now = collections.Counter(counts_of(page['truth']))
    if before is not None:
      sums += now if page['truth']['pid'] != pid else now - before
    before, pid = now, page['truth']['pid']
  return sums


def results_of(truth):
  return {(name, result): count for name, c in truth['controllers'].items()
          for result, count in c['results'].items()}


class Checker:
  def __init__(self, found):
    self.found, self.bad, self.checks = found, [], 0

  def want(self, must, key, why):
    self.checks += 1
    if must != (key in self.found):
      self.bad.append('%s: %s be found: %s' % (key, 'must' if must else 'must not', why))

  def want_share(self, key, part, whole, limits):
    most, least, enough = limits
    share = 100 * part / whole if whole else 0
    why = '%d of %d' % (part, whole)
    if whole >= enough and share >= most:
      self.want(True, key, why)
    elif share <= least and whole >= enough:
      self.want(False, key, why)

  def want_count(self, key, count):
    if count > 1 or count == 0:
      self.want(count > 0, key, 'there were %d' % count)


def status_lines(folder):
  with open(os.path.join(folder, 'status'), encoding='utf-8') as f:
    return [line.split(None, 3) for line in f]


def check_instance(c, instance, folder, pages, release):
  lines = status_lines(folder)
  c.want(any(line[1] != '200' for line in lines), ('down', instance, ''), 'status of scrapes')
  pids = {p['truth']['pid'] for p in pages}
  c.want(len(pids) > 1, ('restarted', instance, ''), '%d processes' % len(pids))
  results = gained(pages, results_of)
  for name, controller in pages[-1]['truth']['controllers'].items():
    of = collections.Counter({r: n for (who, r), n in results.items() if who == name})
    ended = sum(of.values())
    # a release without terminal errors has plain ones, without recovery no panics
    errors = of['error'] + of['terminal'] + of['panic']
    c.want_share(('error_percent', instance, name), errors, ended, ERRORS)
    c.want_share(('hot_requeue', instance, name), of['requeue'], ended, REQUEUES)
    c.want_count(('terminal_errors', instance, name), of['terminal'] if release >= (0, 15) else 0)
    c.want_count(('panics', instance, name), of['panic'] if release >= (0, 19) else 0)
    if controller['behaviour'] == 'growing':
      c.want(True, ('queue_deep', instance, name), 'it grows')
      c.want(True, ('workers_busy', instance, name), 'it grows')
  if 'api' in pages[-1]['truth']:
    check_api(c, instance, gained(pages, lambda truth: truth['api']))


def check_api(c, instance, api):
  def count(codes, methods=('GET', 'PUT', 'POST', 'PATCH', 'DELETE')):
    return sum(n for what, n in api.items()
               if what.split()[0] in methods and what.split()[1].startswith(codes))

  c.want_count(('api_429', instance, ''), count('429'))
  c.want_share(('conflicts', instance, ''), count('409'), count('', ('PUT', 'POST', 'PATCH')), CONFLICTS)
  c.want_share(('api_errors', instance, ''), count('5'), count(''), API_ERRORS)


def main():
  recording = sys.argv[1]
  with open(os.path.join(recording, 'truth.json'), encoding='utf-8') as f:
    truth = json.load(f)
  found = [json.loads(line) for line in sys.stdin]
  c = Checker({(o['rule'], o['operator'], o['controller']) for o in found})
  release = tuple(int(n) for n in truth['release'].lstrip('v').split('.')[:2])
  for instance in sorted(os.listdir(recording)):
    pages = [p for p in truth['pages'] if p['instance'] == instance]
    if pages:
      check_instance(c, instance, os.path.join(recording, instance), pages, release)
  print(*c.bad, '%d checks' % c.checks, sep='\n')
  sys.exit(bool(c.bad) or c.checks < 4)


if __name__ == '__main__':
  main()
