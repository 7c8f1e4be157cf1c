#!/usr/bin/env python3
"""graphite_files.py FOLDER: are whisper's files made as conf/graphite says?"""

import os
import sys

import whisper

# For each way of aggregation metrics that must have it.
METHODS = {
    'max': ('latency-reconcile-healthy-percentile_99', 'latency-gc_pause-percentile_50',
            'duration-longest_running-slow', 'duration-unfinished-slow'),
    'min': ('gauge-up', 'uptime-process'),
    'average': ('latency-reconcile-healthy-average', 'errors-reconcile-failing', 'memory-resident',
                'total_operations-reconcile-healthy-success', 'percent-busy-growing',
                'bucket-reconcile-healthy-10ms_25ms', 'queue_length-depth-growing'),
}
RETENTIONS = [(1, 86400), (60, 43200), (600, 105120)]


def problems(folder):
    for method, metrics in METHODS.items():
        for metric in metrics:
            path = os.path.join(folder, 'host_example', 'operator-memcached-operator', metric + '.wsp')
            if not os.path.exists(path):
                yield 'no file of ' + metric
                continue
            info = whisper.info(path)
            archives = [(a['secondsPerPoint'], a['points']) for a in info['archives']]
            if (info['aggregationMethod'], info['xFilesFactor']) != (method, 0):
                yield '%s: %s %g' % (metric, info['aggregationMethod'], info['xFilesFactor'])
            if archives != RETENTIONS:
                yield '%s: %s' % (metric, archives)


found = list(problems(sys.argv[1]))
print(*found, sep='\n')
sys.exit(bool(found))
