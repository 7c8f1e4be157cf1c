#!/usr/bin/env python3
"""documents.py DOCUMENT PLAIN SECURE: runs the examples of a document.

PLAIN and SECURE are the URLs of two operators, which take the place of those in the document. A
command must end with 0 or, where its answer is no, with 1 or 2, and print something; one that takes
over the terminal gets one, and is told to quit. Of configuration collectd must have nothing to
complain. An example of a kind that is not known here is a failure.
"""

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time

# Examples that are not run here: what they do is done by quickstart, debian/tests and kubernetes.sh,
# or needs a cluster, SELinux or AppArmor.
ELSEWHERE = r'git clone|\./quickstart|apt-get|metadata:|kubectl|setsebool|include <abstractions'
SCREENS = r'operatorstat( top\b.*| -.*| :\d+)?'
OPTION = r'LoadPlugin |<[A-Z]|[A-Z][A-Za-z]+ ("|\d|true|false)'
FILES = {  # what configuration names must be there
    'operator.token': 'good', 'kubernetes.token': 'good', 'kubernetes-ca.crt': None,
}


# ---- finding them ----

def of_markdown(text):
    in_tables = re.findall(r'^\| `(operatorstat(?: [^`]*)?)`', text, re.M)
    return re.findall(r'^```\n(.*?)^```$', text, re.M | re.S) + in_tables


def of_manual(text):
    text = text.replace(r'\(dq', '"').replace(r'\e', '\\').replace(r'\-', '-').replace(r'\&', '')
    return re.findall(r'^\.Dl (.*\n)', text, re.M) + re.findall(r'^\.Bd -literal.*?\n(.*?)^\.Ed', text, re.M | re.S)


def of_example(text):
    """The example as its first lines say: all endpoints in use, and what is around them."""
    lines, inside = [], False
    for line in text.splitlines():
        bare = line[1:]
        if '<Endpoint "secured' in bare:
            inside = True
        if inside or re.match(r'#(LoadPlugin|</?Plugin)', line):
            lines.append(bare)
        if '</Endpoint>' in bare:
            inside = False
    return ['\n'.join(lines) + '\n']


# ---- running them ----

def here(command):
    """The command with the operators and files of this test."""
    secure_address = secure.split('//')[1].split('/')[0]
    command = re.sub(r'https://(127\.0\.0\.1|10\.1\.2\.3):8443', 'https://' + secure_address, command)
    command = re.sub(r'(?<![\d.]):8080', ':' + plain.split(':')[2].split('/')[0], command)
    command = command.replace('127.0.0.1:8080', plain.split('//')[1].split('/')[0])
    command = re.sub(r'--count \d+', '--count 4 --interval 0.3', command)
    command = re.sub(r'--at \d\d:\d\d', time.strftime('--at %H:%M'), command)
    return command.replace('/etc/collectd/collectd.conf.d/', '').replace('/etc/collectd/', '')


def run(command):
    done = subprocess.run(['bash', '-c', command], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=60)
    says = done.stdout + done.stderr
    quiet = re.search(r'\b(record|check)\b|>', command)
    refused = done.returncode == 3 and re.search(r'set (CACert|BearerTokenFile)', says)
    if done.returncode in (0, 1, 2) and (says or quiet) or refused:
        return ''
    return 'ended with %d: %s' % (done.returncode, says)


def run_on_terminal(command):
    child, terminal = pty.fork()
    if child == 0:
        os.environ['TERM'] = 'xterm-256color'
        os.execvp('bash', ['bash', '-c', 'stty rows 30 cols 100; exec ' + command])
    drawn, end, told = b'', time.time() + 3, False
    try:
        while True:
            if select.select([terminal], [], [], 0.1)[0]:
                drawn += os.read(terminal, 65536)
            if not told and time.time() > end:
                os.write(terminal, b'Q')
                told = True
            if time.time() > end + 10:
                os.kill(child, signal.SIGKILL)
                return 'does not quit'
    except OSError:
        pass
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return '' if code == 0 and len(drawn) > 1000 else 'ended with %d: %r' % (code, drawn[-500:])


def configure(block):
    """What collectd has to say against a block of configuration."""
    if 'LoadPlugin' not in block:
        if '<' not in block:
            block += '<Endpoint "one">\n  URL "http://127.0.0.1:8080"\n</Endpoint>\n'
        block = '<Plugin operator>\n' + block + '</Plugin>\n'
    block = block.replace('/etc/collectd/', os.getcwd() + '/').replace('LoadPlugin operator\n', '')
    for name, content in FILES.items():
        with open(name, 'w') as file:
            file.write(open('ca.pem').read() if content is None else content + '\n')
        os.chmod(name, 0o600)
    with open(os.environ['COLLECTD_CONF']) as file:
        around = file.read()
    with open('collectd.conf', 'w') as file:
        file.write(around + block)
    log = re.search(r'^ *File "(.*)"', around, re.M).group(1)
    open(log, 'w').close()
    done = subprocess.run(['collectd', '-T', '-C', 'collectd.conf'], capture_output=True, text=True, timeout=60)
    with open(log) as file:
        says = done.stderr + file.read()
    complaints = [line for line in says.splitlines()
                  if 'operator plugin: <' in line and 'VerifyPeer false' not in line]
    if done.returncode == 0 and 'operator plugin: version' in says and not complaints:
        return ''
    return 'collectd ended with %d: %s' % (done.returncode, '\n'.join(complaints) or says)


def commands_of(block):
    """The commands of a block, without what they print."""
    lines = block.replace('\\\n', ' ').splitlines()
    if any(line.startswith('$ ') for line in lines):
        return [line[2:] for line in lines if line.startswith('$ ')]
    return lines


def problems(block):
    if re.match(OPTION, block):
        yield block, configure(block)
    elif re.match(r'(\$ )?operatorstat', block):
        for command in map(str.strip, commands_of(block)):
            yield command, (run_on_terminal if re.fullmatch(SCREENS, command) else run)(here(command))
    elif not re.match(r'(\$ )?(%s)' % ELSEWHERE, block) and not is_output(block):
        yield block, 'is of no kind that is known here'


def is_output(block):
    """What a command of the block before prints is no example by itself."""
    return bool(re.match(r'before  before: ', block))


path, plain, secure = sys.argv[1:]
find = {'md': of_markdown, 'conf': of_example}.get(path.rsplit('.', 1)[1], of_manual)
with open(path) as file:
    blocks = find(file.read())
count = failures = 0
for block in blocks:
    for example, problem in problems(block):
        count += 1
        if problem:
            failures += 1
            print('%s\n  %s' % (example, problem))
print('%d examples run, %d failed' % (count, failures))
sys.exit(failures > 0 or not count)
