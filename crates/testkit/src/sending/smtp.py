# A mail server on loopback for the tests, by aiosmtpd: python smtp.py PORT
# SECURITY FOLDER [USER PASSWORD]. It says its port and the certificate of its
# authority in its first line; then each line that it is told is answered by
# one line. Mails are read by Python's own parser.
import asyncio
import hashlib
import json
import ssl
import sys
from email import message_from_bytes, policy

from aiosmtpd.smtp import SMTP, AuthResult

port, security, folder, *credentials = sys.argv[1:]


def certificate():
    from datetime import datetime, timedelta, timezone
    from ipaddress import ip_address

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    now = datetime.now(timezone.utc)

    def made(name, issuer, key, signer, extensions):
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]))
            .issuer_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, issuer)]))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=30))
        )
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        return builder.sign(signer, hashes.SHA256())

    authority, own = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    root = made('test authority', 'test authority', authority, authority,
                [(x509.BasicConstraints(True, None), True)])
    names = x509.SubjectAlternativeName([x509.DNSName('localhost'), x509.IPAddress(ip_address('127.0.0.1'))])
    leaf = made('localhost', 'test authority', own, authority,
                [(x509.BasicConstraints(False, None), True), (names, False)])
    pem = serialization.Encoding.PEM
    with open(f'{folder}/ca.pem', 'wb') as file:
        file.write(root.public_bytes(pem))
    with open(f'{folder}/own.pem', 'wb') as file:
        file.write(leaf.public_bytes(pem))
        file.write(own.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f'{folder}/own.pem')
    return context


class Handler:
    def __init__(self):
        self.mails = []
        self.replies = {'mail': [], 'rcpt': [], 'data': []}
        self.loses = 0
        self.free = asyncio.Event()
        self.free.set()
        self.held = asyncio.Event()

    def reply(self, stage):
        return self.replies[stage].pop(0) if self.replies[stage] else None

    async def handle_MAIL(self, server, session, envelope, address, options):
        if reply := self.reply('mail'):
            return reply
        envelope.mail_from = address
        return '250 OK'

    async def handle_RCPT(self, server, session, envelope, address, options):
        if reply := self.reply('rcpt'):
            return reply
        envelope.rcpt_tos.append(address)
        return '250 OK'

    async def handle_DATA(self, server, session, envelope):
        if reply := self.reply('data'):
            return reply
        mail = message_from_bytes(envelope.content, policy=policy.default)
        text = mail.get_body(('plain',))
        self.mails.append({
            'id': mail['message-id'],
            'date': mail['date'],
            'sender': envelope.mail_from,
            'recipients': envelope.rcpt_tos,
            'from': str(mail['from']),
            'to': str(mail['to']),
            'subject': str(mail['subject']),
            'headers': [name for name, _ in mail.items()],
            'text': text.get_content() if text else None,
            'types': [part.get_content_type() for part in mail.walk()],
            'attachments': [
                [part.get_filename(), part.get_content_type(), hashlib.sha256(part.get_payload(decode=True)).hexdigest()]
                for part in mail.iter_attachments()
            ],
            'defects': [str(defect) for defect in mail.defects],
            'tls': session.ssl is not None or security == 'implicit',
            'authenticated': session.authenticated,
        })
        if not self.free.is_set():
            self.held.set()
            await self.free.wait()
        if self.loses:
            self.loses -= 1
            server.transport.abort()
        return '250 taken'


def authenticate(server, session, envelope, mechanism, data):
    given = [data.login.decode(), data.password.decode()]
    return AuthResult(success=given == credentials, handled=False)


async def main():
    loop = asyncio.get_running_loop()
    handler = Handler()
    context = certificate() if security != 'none' else None

    def smtp():
        return SMTP(
            handler,
            hostname='localhost',
            tls_context=context if security == 'starttls' else None,
            require_starttls=security == 'starttls',
            auth_required=bool(credentials),
            auth_require_tls=security == 'starttls',
            authenticator=authenticate if credentials else None,
            loop=loop,
        )

    server = await loop.create_server(
        smtp, '127.0.0.1', int(port), ssl=context if security == 'implicit' else None)
    say = lambda what: print(json.dumps(what), flush=True)
    say({'port': server.sockets[0].getsockname()[1]})
    lines = asyncio.StreamReader(limit=2 ** 24)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    while line := await lines.readline():
        told = json.loads(line)
        if told['do'] == 'mails':
            say(handler.mails)
            continue
        if told['do'] == 'reply':
            handler.replies[told['stage']] += [told['reply']] * told['times']
        elif told['do'] == 'lose':
            handler.loses = told['times']
        elif told['do'] == 'hold':
            handler.free.clear()
            handler.held.clear()
        elif told['do'] == 'held':
            await handler.held.wait()
        elif told['do'] == 'release':
            handler.free.set()
        say({})


asyncio.run(main())
