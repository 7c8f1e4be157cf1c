#!/usr/bin/env python3
"""many_hosts.py FOLDER DOWN UP: is in Graphite what the hosts' own csv files say?

Of host two all of it; of host one nothing from the time DOWN to the time UP, and all else. What
was posted is judged in the same way.
"""

import csv
import glob
import json
import math
import os
import sys

import whisper

COUNTERS = ('derive', 'errors', 'http_response_codes', 'total_operations', 'total_time_in_ms')
SLACK = 2.5  # seconds in which the link's change may be noticed
PLUGIN = 'operator-memcached-operator'


def kept(folder, host):
    """What the host's csv writer has: metric -> [(time, value)]."""
    values = {}
    for path in glob.glob(os.path.join(folder, host, 'csv', host, PLUGIN, '*')):
        metric = os.path.basename(path)[:-len('-YYYY-MM-DD')]
        with open(path) as file:
            rows = [(float(row[0]), float(row[1])) for row in csv.reader(file) if row[0] != 'epoch']
        values.setdefault(metric, []).extend(rows)
    return {metric: sorted(rows) for metric, rows in values.items()}


def in_graphite(folder, host, metric):
    path = os.path.join(folder, 'carbon', 'whisper', host, PLUGIN, metric.replace('.', '_') + '.wsp')
    if not os.path.exists(path):
        return {}
    (begin, _, step), points = whisper.fetch(path, 0)
    return {begin + i * step: value for i, value in enumerate(points) if value is not None}


def posted(folder):
    """What write_http posted: (host, metric) -> {second: value}."""
    values = {}
    with open(os.path.join(folder, 'posted')) as file:
        for line in file:
            for entry in json.loads(line):
                metric = entry['type'] + '-' + entry['type_instance']
                if entry['plugin'] == 'operator' and entry['values'][0] is not None:
                    values.setdefault((entry['host'], metric), {})[second_of(entry['time'])] = entry['values'][0]
    return values


def second_of(time):
    """collectd gives its writers the nearest second."""
    return int(time + 0.5)


def close(a, b):
    return math.isclose(a, b, rel_tol=2e-3, abs_tol=2e-3)


def expected(rows, received, is_counter):
    """Second -> what is right there, where the seconds `received` are those that came through.

    The first rate after the gap is the mean of the gap where collectd still knew the counter. Where
    it had forgotten it, the first value makes no rate and the second one that of its interval.
    """
    values, before, through = {}, None, None
    for time, value in rows:
        if math.isnan(value):
            continue
        if not is_counter:
            values[second_of(time)] = [value]
        elif before:
            values[second_of(time)] = [(value - old) / (time - since)
                                       for since, old in (before, through or before)]
        before = time, value
        if second_of(time) in received:
            through = before
    return values


def judge(host, metric, rows, got, cut, is_stored=False):
    """Problems of one metric. What is_stored may come late: it waits in a buffer."""
    is_counter = metric.split('-')[0] in COUNTERS
    wanted = [second_of(time) for time, value in rows
              if not math.isnan(value) and not cut[0] - SLACK < time < cut[1] + SLACK]
    if is_counter:
        wanted = wanted[1:]
    missing = [second for second in wanted if second not in got]
    if missing:
        yield '%s %s: %d of %d points are missing' % (host, metric, len(missing), len(wanted))
    right = expected(rows, set(got), is_counter)
    for second, value in got.items():
        if not is_stored and cut[0] + SLACK < second < cut[1] - SLACK:
            yield '%s %s: %g came while the link was cut' % (host, metric, value)
        elif not any(close(one, value) for one in right.get(second, ())):
            yield '%s %s: %s at %d, not %g' % (host, metric, right.get(second), second, value)


def main():
    folder, down, up = sys.argv[1], float(sys.argv[2]), float(sys.argv[3])
    by_http = posted(folder)
    problems, points = [], 0
    for host, cut in (('one', (down, up)), ('two', (0, 0))):
        values = kept(folder, host)
        if len(values) < 60:
            problems.append('%s: only %d metrics' % (host, len(values)))
        for metric, rows in values.items():
            got = in_graphite(folder, host, metric)
            points += len(got)
            problems += judge(host, metric, rows, got, cut)
            problems += judge(host + ' by HTTP', metric, rows, by_http.get((host, metric), {}), cut, True)
    print(*problems[:40], sep='\n')
    print('%d points, %d problems' % (points, len(problems)))
    sys.exit(bool(problems) or points < 2000)


main()
