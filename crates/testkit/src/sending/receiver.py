# A receiver of webhooks on loopback for the tests, which checks signatures by
# the reference library: python receiver.py HOST. It says its port in its first
# line; then each line that it is told is answered by one line. Whatever else
# is asked of it is noted too.
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks import Webhook

calls, secrets, answers = [], [], []
lock = threading.Lock()


def is_signed(secret, body, headers):
    try:
        Webhook(secret).verify(body, headers)
        return True
    except Exception:
        return False


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get('content-length', 0))).decode()
        headers = {name.lower(): value for name, value in self.headers.items()}
        with lock:
            calls.append({
                'method': self.command,
                'path': self.path,
                'id': headers.get('webhook-id'),
                'at': headers.get('webhook-timestamp'),
                'headers': sorted(headers),
                'body': body,
                'signed': [is_signed(secret, body, headers) for secret in secrets],
            })
            answer = answers.pop(0) if answers else {'status': 204}
        self.send_response(answer['status'])
        if 'location' in answer:
            self.send_header('location', answer['location'])
        content = ('x' * answer.get('length', 0)).encode()
        self.send_header('content-length', str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST
    do_HEAD = do_POST

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer((sys.argv[1], 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
say = lambda what: print(json.dumps(what), flush=True)
say({'port': server.server_port})
for line in sys.stdin:
    told = json.loads(line)
    with lock:
        if told['do'] == 'calls':
            say(calls)
            continue
        if told['do'] == 'secrets':
            secrets[:] = told['secrets']
        elif told['do'] == 'answer':
            answers += [told['answer']] * told['times']
        say({})
