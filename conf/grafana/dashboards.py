#!/usr/bin/env python3
"""dashboards.py [FOLDER]: writes the Grafana dashboards beside this file, or in FOLDER.

What the panels show are the three tables below: a text begins a row; a tuple is a panel, its
title, kind, unit, targets and, where it says more than the title, a description. The rest is
what Grafana 9 and later want to have said about them.
"""

import json
import os
import sys

OPERATOR = '$prefix$host.operator-$operator.'
QUANTILES = ('percentile_50', 'percentile_90', 'percentile_99')
RESULTS = ('success', 'error', 'requeue', 'requeue_after')
BUCKETS_NEEDED = 'Needs Buckets in the configuration of the plugin.'
MEMSTATS_NEEDED = 'Needs Family "go_memstats_*" in the configuration of the plugin.'


# ---- targets ----

def named(metric, legend):
    return "alias(%s%s, '%s')" % (OPERATOR, metric, legend)


def several(what, details):
    """One line for each detail, named after it."""
    return [named('%s%s' % (what, detail), detail) for detail in details]


def by_subject(metric):
    """The lines of a metric, named after the operator and what the asterisk finds."""
    before, after = metric.split('*')
    pattern = '.*operator-([^.]*)[.]%s(.*)%s' % (before, after)
    return r"aliasSub(%s%s, '%s', '\1 \2')" % (OPERATOR, metric, pattern)


def each(metric):
    """One line for each operator and for what the asterisk of the metric finds."""
    return [by_subject(metric)]


def each_operator(metric, how='sum'):
    """One line for each operator: the sum, or the highest, of what the metric finds."""
    return ["aliasSub(groupByNode(%s%s, -2, '%s'), 'operator-', '')" % (OPERATOR, metric, how)]


def last_word(metric, words='[^-]*-[^-]*'):
    """One line for each metric, named after the end of its name."""
    return [r"aliasSub(%s%s, '.*-(%s)$', '\1')" % (OPERATOR, metric, words)]


def buckets(what):
    """One line for each bucket, named after its lower bound in seconds, in that order."""
    return ["aliasSub(%s, '[|].*', '')" % in_order(what)]


def whole_buckets(what):
    """The same, named after both bounds."""
    return ["aliasSub(%s, '.*[|]', '')" % in_order(what)]


def in_order(what):
    """The buckets as LOWER|LOWER_UPPER, the first LOWER in seconds.

    Graphite sorts whole numbers of ten digits at most: those of us to s are made us first.
    """
    path = OPERATOR + 'bucket-%s-$controller-' % what
    in_us = []
    for unit, zeros in (('us', ''), ('ms', '000'), ('s', '000000')):
        in_us.append("aliasSub(%s, ' [|]', '%se-6|')" % (of_unit(path, unit, ' '), zeros))
    return (r"group(aliasSub(%s0_*, '.*-(0_.*)', '0|\1'), sortByName(%s, true), sortByName(group(%s), true))"
            % (path, of_unit(path, 'ns', 'e-9'), ', '.join(in_us)))


def of_unit(path, unit, end):
    """The buckets whose lower bound has this unit, as NUMBER, end, |LOWER_UPPER."""
    return (r"aliasSub(%s{[0-9],[0-9]*[0-9]}%s_*, '.*-(([0-9]+)%s_.*)', '\2%s|\1')"
            % (path, unit, unit, end))


# ---- the dashboards ----

OVERVIEW = [
    'Operators',
    ('Up', 'stat', 'none', each_operator('gauge-up', 'min')),
    ('Reconciles', 'timeseries', 'ops', each_operator('total_operations-reconcile-*-*')),
    ('Reconciles by result', 'timeseries', 'ops',
     ["alias(sumSeries(%stotal_operations-reconcile-*-%s), '%s')" % (OPERATOR, result, result)
      for result in RESULTS]),
    ('Reconcile errors', 'timeseries', 'ops', each_operator('errors-reconcile-*')),
    ('Panics, terminal errors, timeouts', 'timeseries', 'ops',
     ["alias(sumSeries(%serrors-%s-*), '%s')" % (OPERATOR, kind, kind)
      for kind in ('panic', 'terminal', 'timeout')]),
    ('Uptime', 'timeseries', 's', each_operator('uptime-process')),
    ('Leader', 'stat', 'none', each('gauge-leader-*')),

    'Controllers',
    ('Reconcile rate', 'timeseries', 'ops',
     [r"groupByNode(aliasSub(%stotal_operations-reconcile-*-*, "
      r"'.*operator-([^.]*)[.]total_operations-reconcile-(.*)-[^-]*', '\1 \2'), 0, 'sum')"
      % OPERATOR]),
    ('Errors', 'timeseries', 'ops', each('errors-reconcile-*')),
    ('Error ratio', 'timeseries', 'percent', each('percent-error_ratio-*'),
     'Share of the reconciles that ended in an error.'),
    ('Mean reconcile time', 'timeseries', 's', each('latency-reconcile-*-average')),
    ('Median reconcile time', 'timeseries', 's', each('latency-reconcile-*-percentile_50')),
    ('90th percentile of reconcile time', 'timeseries', 's',
     each('latency-reconcile-*-percentile_90')),
    ('99th percentile of reconcile time', 'timeseries', 's',
     each('latency-reconcile-*-percentile_99')),
    ('Slowest controller of each operator', 'timeseries', 's',
     each_operator('latency-reconcile-*-percentile_99', 'max'),
     'Highest 99th percentile of reconcile time: percentiles of several controllers cannot be '
     'made into one of them all.'),
    ('Worker time used', 'timeseries', 'percent', each('percent-busy-*'),
     'Share of the time of all workers that reconciles took: at 100 the queue grows.'),
    ('Workers in use', 'gauge', 'none', each('threads-active-*')),
    ('Worker utilization', 'timeseries', 'percent',
     [r"aliasSub(asPercent(%s, %s, 0), '.*[(](.*),.*', '\1')"
      % (by_subject('threads-active-*'), by_subject('threads-max-*'))],
     'Workers in use at the moment of the scrape, of those there are.'),

    'Work queues',
    ('Queue depth', 'gauge', 'none', each('queue_length-depth-*')),
    ('Depth', 'timeseries', 'none', each('queue_length-depth-*')),
    ('99th percentile of the time in the queue', 'timeseries', 's',
     each('latency-queue-*-percentile_99')),
    ('Added', 'timeseries', 'ops', each('total_operations-add-*')),
    ('Retried', 'timeseries', 'ops', each('total_operations-retry-*')),
    ('Longest running', 'timeseries', 's', each('duration-longest_running-*')),

    'API server',
    ('Requests by method and code', 'timeseries', 'reqps', last_word('http_response_codes-api-*-*')),
    ('Refused for being too many (429)', 'timeseries', 'reqps',
     each('http_response_codes-api-*-429')),
    ('Retries by method and code', 'timeseries', 'reqps',
     last_word('total_operations-api_retry-*-*'), 'controller-runtime v0.25 and later, if opted in.'),
    ('99th percentile of request time', 'timeseries', 's',
     each('latency-api_request-*-percentile_99'), 'Where the operator registers it.'),
    ('Mean time held back by the client', 'timeseries', 's',
     each('latency-api_throttle-*-average'), 'Throttling by QPS and Burst of the client, where '
     'the operator registers it.'),
    ('99th percentile of time held back by the client', 'timeseries', 's',
     each('latency-api_throttle-*-percentile_99')),

    'Webhooks',
    ('Requests by path and code', 'timeseries', 'reqps', each('http_response_codes-webhook-*')),
    ('Answers other than 200', 'timeseries', 'reqps',
     [r"aliasSub(exclude(%shttp_response_codes-webhook-*, '-200$'), "
      r"'.*operator-([^.]*)[.]http_response_codes-webhook-(.*)', '\1 \2')" % OPERATOR]),
    ('In flight', 'timeseries', 'none', each('pending_operations-webhook-*')),
    ('Mean webhook time', 'timeseries', 's', each('latency-webhook-*-average')),
    ('90th percentile of webhook time', 'timeseries', 's', each('latency-webhook-*-percentile_90')),
    ('99th percentile of webhook time', 'timeseries', 's', each('latency-webhook-*-percentile_99')),
]

CONTROLLER = [
    'Reconciles',
    ('Reconciles by result', 'timeseries', 'ops',
     several('total_operations-reconcile-$controller-', RESULTS)),
    ('Errors', 'timeseries', 'ops',
     [named('errors-%s-$controller' % kind, kind)
      for kind in ('reconcile', 'terminal', 'panic', 'timeout')],
     'All errors; and of them terminal ones, panics and timeouts, where the release of '
     'controller-runtime counts them.'),
    ('Error ratio', 'timeseries', 'percent', [named('percent-error_ratio-$controller', 'errors')]),
    ('Reconcile time', 'timeseries', 's',
     several('latency-reconcile-$controller-', ('average',) + QUANTILES)),
    ('Distribution of reconcile time', 'heatmap', 's', buckets('reconcile'), BUCKETS_NEEDED),
    ('Histogram of reconcile time', 'bargauge', 'ops', whole_buckets('reconcile'), BUCKETS_NEEDED),

    'Workers',
    ('Worker time used', 'timeseries', 'percent', [named('percent-busy-$controller', 'busy')],
     'Share of the time of all workers that reconciles took: at 100 the queue grows.'),
    ('Workers', 'timeseries', 'none',
     [named('threads-active-$controller', 'in use'), named('threads-max-$controller', 'there are')]),
    ('Worker utilization', 'timeseries', 'percent',
     ["alias(asPercent(%sthreads-active-$controller, %sthreads-max-$controller), 'in use')"
      % (OPERATOR, OPERATOR)]),

    'Work queue',
    ('Depth', 'timeseries', 'none', [named('queue_length-depth-$controller', 'depth')]),
    ('Added and retried', 'timeseries', 'ops',
     [named('total_operations-add-$controller', 'added'),
      named('total_operations-retry-$controller', 'retried')]),
    ('Longest running', 'timeseries', 's',
     [named('duration-longest_running-$controller', 'longest running')]),
    ('Time in the queue', 'timeseries', 's',
     several('latency-queue-$controller-', ('average',) + QUANTILES)),
    ('Distribution of the time in the queue', 'heatmap', 's', buckets('queue'), BUCKETS_NEEDED),
    ('Histogram of the time in the queue', 'bargauge', 'ops', whole_buckets('queue'), BUCKETS_NEEDED),
    ('Unfinished work', 'timeseries', 's',
     [named('duration-unfinished-$controller', 'seconds in work')]),
    ('Time of work', 'timeseries', 's',
     several('latency-work-$controller-', ('average',) + QUANTILES)),
    ('Distribution of the time of work', 'heatmap', 's', buckets('work'), BUCKETS_NEEDED),
    ('Histogram of the time of work', 'bargauge', 'ops', whole_buckets('work'), BUCKETS_NEEDED),
    ('Stuck workers', 'timeseries', 'none',
     ["alias(scaleToSeconds(nonNegativeDerivative(%sduration-unfinished-$controller), 1), 'stuck')"
      % OPERATOR], 'Growth of unfinished work: each worker that does not end adds a second a second.'),
]

RUNTIME = [
    'Process',
    ('CPU', 'timeseries', 'percent',
     ["alias(scale(%stotal_time_in_ms-cpu, 0.1), 'of one core')" % OPERATOR]),
    ('Memory', 'timeseries', 'bytes', several('memory-', ('resident', 'virtual'))),
    ('Resident memory', 'timeseries', 'bytes', several('memory-', ('resident',))),
    ('Open files', 'timeseries', 'none', several('file_handles-', ('open', 'max'))),
    ('Growth of open files', 'timeseries', 'ops',
     ["alias(scaleToSeconds(derivative(%sfile_handles-open), 1), 'open')" % OPERATOR]),
    ('Uptime', 'timeseries', 's', [named('uptime-process', 'uptime')]),

    'Go',
    ('Memory of the runtime', 'timeseries', 'bytes',
     several('memory-', ('sys', 'heap_inuse', 'heap_alloc', 'next_gc'))),
    ('Stack and off heap', 'timeseries', 'bytes',
     [named('gauge-go_memstats_stack_inuse_bytes', 'stack'),
      "alias(sumSeries(%sgauge-go_memstats_{mspan,mcache,buck_hash,gc,other}_sys_bytes), 'off heap')"
      % OPERATOR], MEMSTATS_NEEDED),
    ('Objects on the heap', 'timeseries', 'short',
     [named('gauge-go_memstats_heap_objects', 'objects')], MEMSTATS_NEEDED),
    ('Objects allocated and freed', 'timeseries', 'ops',
     [named('derive-go_memstats_mallocs_total', 'allocated'),
      named('derive-go_memstats_frees_total', 'freed')], MEMSTATS_NEEDED),
    ('Bytes allocated', 'timeseries', 'Bps',
     [named('derive-go_memstats_alloc_bytes_total', 'allocated')], MEMSTATS_NEEDED),
    ('Goroutines', 'timeseries', 'none', [named('threads-goroutines', 'goroutines')]),
    ('Threads', 'timeseries', 'none', [named('threads-os', 'threads')]),
    ('CPU time of garbage collection', 'timeseries', 'percent', [named('percent-gc_cpu', 'share')],
     'Share of the CPU time there is. Go and controller-runtime v0.21 and later.'),
    ('Pauses of garbage collection', 'timeseries', 's',
     several('latency-gc_pause-', ('average',) + QUANTILES)),
    ('Garbage collections', 'timeseries', 'ops', [named('total_operations-gc', 'collections')]),
    ('Waiting for a processor', 'timeseries', 's', several('latency-scheduler-', QUANTILES),
     'How long goroutines that can run wait to be run.'),

    'The scrape',
    ('Time of the scrape', 'timeseries', 's', [named('response_time-scrape', 'scrape')]),
    ('Size of the page', 'timeseries', 'bytes', [named('bytes-page', 'page')]),
    ('Samples and values', 'timeseries', 'none',
     [named('objects-samples', 'samples on the page'), named('objects-series', 'values sent')]),
    ('Bad lines', 'timeseries', 'ops', [named('errors-bad_lines', 'bad lines')]),
]

# ---- what Grafana wants ----

SOURCE = {'type': 'graphite', 'uid': '${datasource}'}
WIDTH, HEIGHT = 8, 8

HEATMAP = {
    'calculate': False,
    'cellGap': 1,
    'cellValues': {'unit': 'ops'},
    'color': {'mode': 'scheme', 'scheme': 'Oranges', 'fill': 'dark-orange', 'scale': 'exponential',
              'exponent': 0.5, 'steps': 64, 'reverse': False},
    'exemplars': {'color': 'rgba(255,0,255,0.7)'},
    'filterValues': {'le': 1e-9},
    'legend': {'show': True},
    'rowsFrame': {'layout': 'ge'},
    'showValue': 'never',
    'tooltip': {'mode': 'single', 'show': True, 'yHistogram': False},
    'yAxis': {'axisPlacement': 'left', 'reverse': False, 'unit': 's'},
}
LAST = {'calcs': ['lastNotNull'], 'fields': '', 'values': False}
MEAN = {'calcs': ['mean'], 'fields': '', 'values': False}
OPTIONS = {
    'timeseries': {'legend': {'calcs': [], 'displayMode': 'list', 'placement': 'bottom',
                              'showLegend': True},
                   'tooltip': {'mode': 'multi', 'sort': 'desc'}},
    'stat': {'colorMode': 'background', 'graphMode': 'none', 'justifyMode': 'auto',
             'orientation': 'auto', 'reduceOptions': LAST, 'textMode': 'auto'},
    'gauge': {'orientation': 'auto', 'reduceOptions': LAST, 'showThresholdLabels': False,
              'showThresholdMarkers': False},
    'bargauge': {'displayMode': 'basic', 'minVizHeight': 10, 'minVizWidth': 0, 'orientation': 'horizontal',
                 'reduceOptions': MEAN, 'showUnfilled': False, 'valueMode': 'color'},
    'heatmap': HEATMAP,
}


def field_config(kind, unit):
    if kind == 'heatmap':
        return {'defaults': {'custom': {'hideFrom': {'legend': False, 'tooltip': False, 'viz': False},
                                        'scaleDistribution': {'type': 'linear'}}}, 'overrides': []}
    defaults = {'unit': unit, 'mappings': [], 'color': {'mode': 'palette-classic'},
                'thresholds': {'mode': 'absolute', 'steps': [{'color': 'green', 'value': None}]}}
    if kind == 'timeseries':
        defaults['custom'] = {'drawStyle': 'line', 'lineWidth': 1, 'fillOpacity': 8,
                              'showPoints': 'never', 'spanNulls': False, 'axisSoftMin': 0}
        if unit == 'ops':
            defaults['custom']['axisLabel'] = 'a second'
    if kind == 'stat':
        defaults['color'] = {'mode': 'thresholds'}
        defaults['thresholds']['steps'] = [{'color': 'red', 'value': None},
                                           {'color': 'green', 'value': 1}]
        defaults['mappings'] = [{'type': 'value', 'options': {'0': {'text': 'no', 'index': 0},
                                                              '1': {'text': 'yes', 'index': 1}}}]
    return {'defaults': defaults, 'overrides': []}


def panel(title, kind, unit, targets, description=''):
    return {
        'type': kind, 'title': title, 'description': description, 'datasource': SOURCE,
        'fieldConfig': field_config(kind, unit), 'options': OPTIONS[kind],
        'targets': [{'refId': chr(ord('A') + i), 'target': target, 'textEditor': True,
                     'datasource': SOURCE} for i, target in enumerate(targets)],
    }


def row(title):
    return {'type': 'row', 'title': title, 'collapsed': False, 'panels': []}


def laid_out(table):
    """All panels with their numbers and places."""
    panels, x, y = [], 0, 0
    for number, entry in enumerate(table, 1):
        if isinstance(entry, str):
            y += HEIGHT if x else 0
            made, width, height, x = row(entry), 24, 1, 0
        else:
            made, width, height = panel(*entry), WIDTH, HEIGHT
        made['id'] = number
        made['gridPos'] = {'x': x, 'y': y, 'w': width, 'h': height}
        panels.append(made)
        x = (x + width) % 24
        y += 0 if x else height
    return panels


def query_variable(name, query, regex, **more):
    return {'type': 'query', 'name': name, 'label': name, 'datasource': SOURCE, 'query': query,
            'definition': query, 'regex': regex, 'refresh': 2, 'sort': 1, 'hide': 0,
            'multi': False, 'includeAll': False, 'options': [], 'current': {},
            'skipUrlSync': False, **more}


def variables(names, many_operators):
    every = {
        'datasource': {'type': 'datasource', 'name': 'datasource', 'label': 'data source',
                       'query': 'graphite', 'regex': '', 'refresh': 1, 'hide': 0, 'multi': False,
                       'includeAll': False, 'options': [], 'current': {}, 'skipUrlSync': False},
        'prefix': {'type': 'textbox', 'name': 'prefix', 'label': 'prefix',
                   'description': 'Prefix of write_graphite, with the dot at its end.', 'query': '',
                   'hide': 0, 'options': [{'text': '', 'value': '', 'selected': True}],
                   'current': {'text': '', 'value': ''}, 'skipUrlSync': False},
        'host': query_variable('host', 'expand($prefix*.operator-*)',
                               r'/([^.]*)\.operator-[^.]*$/'),
        'operator': query_variable('operator', '$prefix$host.operator-*', '/^operator-(.*)$/',
                                   multi=many_operators, includeAll=many_operators),
        'controller': query_variable('controller', OPERATOR + 'threads-max-*',
                                     '/^threads-max-(.*)$/'),
    }
    return [every[name] for name in names]


def dashboard(uid, title, table, names, many_operators=False):
    return {
        'uid': uid, 'title': title, 'tags': ['collectd-operator'], 'editable': True,
        'schemaVersion': 36, 'version': 1, 'graphTooltip': 1, 'timezone': 'browser',
        'refresh': '30s', 'time': {'from': 'now-1h', 'to': 'now'}, 'timepicker': {},
        'annotations': {'list': []},
        'links': [{'type': 'dashboards', 'title': 'operators', 'tags': ['collectd-operator'],
                   'asDropdown': False, 'includeVars': True, 'keepTime': True,
                   'targetBlank': False, 'icon': 'external link', 'tooltip': '', 'url': ''}],
        'templating': {'list': variables(names, many_operators)},
        'panels': laid_out(table),
    }


DASHBOARDS = {
    'overview.json': dashboard('collectd-operator-overview', 'Operators of a host', OVERVIEW,
                               ('datasource', 'prefix', 'host', 'operator'), True),
    'controller.json': dashboard('collectd-operator-controller', 'Operator: one controller',
                                 CONTROLLER,
                                 ('datasource', 'prefix', 'host', 'operator', 'controller')),
    'runtime.json': dashboard('collectd-operator-runtime', 'Operator: runtime and process', RUNTIME,
                              ('datasource', 'prefix', 'host', 'operator')),
}


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))
    for name, content in DASHBOARDS.items():
        with open(os.path.join(folder, name), 'w') as file:
            json.dump(content, file, indent=1)
            file.write('\n')


main()
