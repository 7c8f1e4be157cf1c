#!/usr/bin/env python3
"""Operators that listen on this machine's loopback, one URL a line, for quickstart.

Each listening TCP port is sent one request, GET /metrics, and counts if a page of
controller-runtime comes back. Those that want HTTPS or credentials are named on standard error,
with the options that would open them.
"""
import concurrent.futures
import http.client
import socket
import sys

LISTENING = '0A'
LOOPBACK_OR_ANY = {'0100007F', '00000000', '0' * 32, '0' * 24 + '01000000',
                   '0000000000000000FFFF00000100007F'}
SIGNS = (b'controller_runtime_', b'workqueue_depth')


def ports():
  found = set()
  for table in ('/proc/net/tcp', '/proc/net/tcp6'):
    try:
      with open(table) as f:
        rows = [line.split() for line in list(f)[1:]]
    except OSError:
      continue
    for row in rows:
      address, port = row[1].split(':')
      if row[3] == LISTENING and address in LOOPBACK_OR_ANY:
        found.add(int(port, 16))
  return sorted(found)


def probe(port):
  """(port, what it is): 'open', 'https', 'secured' or None."""
  connection = http.client.HTTPConnection('127.0.0.1', port, timeout=2)
  try:
    connection.request('GET', '/metrics', headers={'Accept': 'text/plain'})
    answer = connection.getresponse()
    body = answer.read(1 << 20)
  except (OSError, http.client.HTTPException, socket.timeout):
    return port, None
  finally:
    connection.close()
  if answer.status == 200 and any(sign in body for sign in SIGNS):
    return port, 'open'
  if answer.status == 400 and b'HTTPS server' in body:
    return port, 'https'
  if answer.status in (401, 403):
    return port, 'secured'
  return port, None


def main():
  remedy = {'https': 'speaks HTTPS: if it is an operator, an <Endpoint> with URL'
                     ' "https://127.0.0.1:%d/metrics", BearerTokenFile and CACert (or VerifyPeer'
                     ' false) reads it',
            'secured': 'wants credentials: BearerTokenFile, or User and Password, for'
                       ' http://127.0.0.1:%d/metrics'}
  with concurrent.futures.ThreadPoolExecutor(16) as pool:
    for port, what in pool.map(probe, ports()):
      if what == 'open':
        print('http://127.0.0.1:%d/metrics' % port)
      elif what is not None:
        print(('port %d ' + remedy[what]) % (port, port), file=sys.stderr)


if __name__ == '__main__':
  main()
