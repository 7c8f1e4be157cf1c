#!/usr/bin/env python3
"""kubernetes_fill.py SERVER CA COUNT: makes so many Secrets (2 KiB, three annotations) in the
namespace `many`, and so many VolumeAttachments."""
import base64
import concurrent.futures
import http.client
import json
import os
import ssl
import sys
import threading
import urllib.parse

server, authority, count = urllib.parse.urlsplit(sys.argv[1]), sys.argv[2], int(sys.argv[3])
local = threading.local()


def post(path, body):
  if not hasattr(local, 'connection'):
    context = ssl.create_default_context(cafile=authority)
    local.connection = http.client.HTTPSConnection(server.netloc, context=context)
  local.connection.request('POST', path, json.dumps(body), {
      'Authorization': 'Bearer admintok', 'Content-Type': 'application/json'})
  response = local.connection.getresponse()
  response.read()
  assert response.status == 201, response.status


def secret(i):
  post('/api/v1/namespaces/many/secrets', {
      'metadata': {'name': 's%d' % i, 'annotations': {'a/%d' % k: 'x' * 20 for k in range(3)}},
      'data': {'d': base64.b64encode(os.urandom(2048)).decode()}})


def attachment(i):
  post('/apis/storage.k8s.io/v1/volumeattachments', {
      'metadata': {'name': 'csi-%064x' % i},
      'spec': {'attacher': 'many.example.com', 'nodeName': 'node-m',
               'source': {'persistentVolumeName': 'pv-%d' % i}}})


post('/api/v1/namespaces', {'metadata': {'name': 'many'}})
with concurrent.futures.ThreadPoolExecutor(8) as pool:
  for work in (secret, attachment):
    list(pool.map(work, range(count)))
