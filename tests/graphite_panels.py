#!/usr/bin/env python3
"""graphite_panels.py URL DASHBOARD...: asks a graphite-web with the values of tests/operator for
each target of each panel, its variables filled in as Grafana would.

Each line must have data, and the highest of a panel must be within what EXPECTED says of it.
"""

import json
import re
import sys
import urllib.parse
import urllib.request

POINTS = 10

# For the controllers of tests/operator; "failing" is the one that is looked at alone.
EXPECTED = {
    'overview.json': {
        'Up': (1, 1), 'Leader': (1, 1), 'Uptime': (10, 600),
        'Reconciles': (25, 150), 'Reconciles by result': (10, 100),
        'Reconcile errors': (0.5, 15), 'Panics, terminal errors, timeouts': (0.1, 4),
        'Reconcile rate': (10, 60), 'Errors': (0.3, 10), 'Error ratio': (10, 60),
        'Mean reconcile time': (0.2, 4), 'Median reconcile time': (0.15, 3),
        '90th percentile of reconcile time': (0.3, 10),
        '99th percentile of reconcile time': (0.4, 20),
        'Slowest controller of each operator': (0.4, 20),
        'Worker time used': (70, 100), 'Workers in use': (0.9, 4), 'Worker utilization': (50, 100),
        'Queue depth': (50, 2000), 'Depth': (50, 2000),
        '99th percentile of the time in the queue': (3, 300),
        'Added': (10, 60), 'Retried': (5, 40), 'Longest running': (0.1, 10),
        'Requests by method and code': (20, 150), 'Refused for being too many (429)': (0.02, 5),
        'Retries by method and code': (0.01, 20), '99th percentile of request time': (0.001, 2),
        'Mean time held back by the client': (1e-7, 0.1),
        '99th percentile of time held back by the client': (1e-6, 0.5),
        'Requests by path and code': (2, 8), 'Answers other than 200': (0, 0),
        'In flight': (0, 3), 'Mean webhook time': (0.002, 0.5),
        '90th percentile of webhook time': (0.002, 1),
        '99th percentile of webhook time': (0.002, 2),
    },
    'controller.json': {
        'Reconciles by result': (2, 10), 'Errors': (0.5, 6), 'Error ratio': (10, 60),
        'Reconcile time': (0.005, 10), 'Distribution of reconcile time': (0.5, 10),
        'Histogram of reconcile time': (0.5, 10), 'Histogram of the time in the queue': (1, 12),
        'Histogram of the time of work': (1, 12),
        'Worker time used': (1, 100), 'Workers': (1, 1), 'Worker utilization': (0, 100),
        'Depth': (0, 100), 'Added and retried': (3, 12), 'Longest running': (0, 10),
        'Time in the queue': (1e-6, 60), 'Distribution of the time in the queue': (1, 12),
        'Unfinished work': (0, 10), 'Time of work': (0.005, 10),
        'Distribution of the time of work': (1, 12), 'Stuck workers': (0, 1.1),
    },
    'runtime.json': {
        'CPU': (1, 150), 'Memory': (5e8, 1e11), 'Resident memory': (2e7, 3e8), 'Open files': (1000, 1e7),
        'Growth of open files': (-5, 5), 'Uptime': (10, 600),
        'Memory of the runtime': (1e7, 2e8), 'Stack and off heap': (1e6, 5e7),
        'Objects on the heap': (1e4, 1e6), 'Objects allocated and freed': (1e3, 1e6),
        'Bytes allocated': (1e5, 1e8), 'Goroutines': (50, 1000), 'Threads': (4, 100),
        'CPU time of garbage collection': (0.001, 10), 'Pauses of garbage collection': (1e-6, 0.1),
        'Garbage collections': (0.05, 20), 'Waiting for a processor': (1e-6, 0.1),
        'Time of the scrape': (0.0005, 0.5), 'Size of the page': (4e4, 2e5),
        'Samples and values': (1000, 3000), 'Bad lines': (0, 0),
    },
}
PICKED = {'controller': 'failing'}


def ask(path, **fields):
    query = urllib.parse.urlencode(fields)
    with urllib.request.urlopen('%s%s?%s' % (graphite, path, query), timeout=30) as answer:
        return json.load(answer)


def fill_in(text, values):
    return re.sub(r'\$(\w+)', lambda match: values[match.group(1)], text)


def choices(query):
    expand = re.fullmatch(r'expand\((.*)\)', query)
    if expand:
        return ask('/metrics/expand', query=expand.group(1))['results']
    return [node['text'] for node in ask('/metrics/find', query=query)]


def chosen(dashboard):
    """The variables of a dashboard and their values."""
    values = {}
    for variable in dashboard['templating']['list']:
        name = variable['name']
        values[name] = ''
        if variable['type'] == 'query':
            pattern = re.compile(variable['regex'].strip('/'))
            found = [pattern.search(choice).group(1)
                     for choice in choices(fill_in(variable['query'], values))
                     if pattern.search(choice)]
            picked = PICKED.get(name, found[0] if found else '')
            check(picked in found, 'variable %s: %s' % (name, found))
            values[name] = '{%s}' % ','.join(found) if variable['includeAll'] else picked
    return values


def last_values(series):
    """Means of the last points of each line; None where there are none."""
    for line in series:
        points = [value for value, _ in line['datapoints'] if value is not None][-POINTS:]
        yield line['target'], sum(points) / len(points) if points else None


def check(is_right, what):
    counts[bool(is_right)] += 1
    if not is_right:
        print('FAIL', what)


def check_panel(name, panel, values):
    title, highest = '%s: %s' % (name, panel['title']), None
    for target in panel['targets']:
        lines = list(last_values(ask('/render', target=fill_in(target['target'], values),
                                     format='json', **{'from': '-40s'})))
        check(lines, '%s, %s: no answer to %s' % (title, target['refId'], target['target']))
        for legend, value in lines:
            check(value is not None, '%s: no data in %s' % (title, legend))
            check(not re.search('operator-|[(|]', legend), '%s: called %s' % (title, legend))
            if value is not None:
                highest = value if highest is None else max(value, highest)
        if panel['type'] == 'heatmap':
            check_buckets(title, [legend for legend, _ in lines])
    if panel['title'] not in EXPECTED[name]:
        check(False, title + ': nothing is expected of it')
        return
    low, high = EXPECTED[name][panel['title']]
    check(highest is not None and low <= highest <= high,
          '%s: %s is not within %g and %g' % (title, highest, low, high))


def check_buckets(title, legends):
    bounds = [float(legend) for legend in legends]
    check(len(bounds) > 10 and bounds == sorted(bounds), '%s: buckets %s' % (title, legends))


def check_layout(name, panels):
    """Numbers and places are such that Grafana takes them."""
    numbers = [panel['id'] for panel in panels]
    places = set()
    for panel in panels:
        place = panel['gridPos']
        cells = {(place['x'] + x, place['y'] + y) for x in range(place['w']) for y in range(place['h'])}
        check(place['x'] + place['w'] <= 24 and not cells & places, '%s: place of %s' % (name, panel['title']))
        places |= cells
    check(len(set(numbers)) == len(numbers), name + ': numbers of panels')


def check_dashboard(path):
    name = path.rsplit('/', 1)[-1]
    with open(path) as file:
        dashboard = json.load(file)
    check_layout(name, dashboard['panels'])
    values = chosen(dashboard)
    for panel in dashboard['panels']:
        if panel['type'] != 'row':
            check_panel(name, panel, values)


graphite = sys.argv[1]
counts = {True: 0, False: 0}
for path in sys.argv[2:]:
    check_dashboard(path)
print('%d right, %d wrong' % (counts[True], counts[False]))
sys.exit(counts[False] > 0)
