"""Receives mail with aiosmtpd and prints each message as a line of JSON; the first line says on which port it listens.

Whoever logs in is refused as long as the file that is named second is there."""
import email
import email.policy
import json
import os
import sys
import time

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

HEADERS = ("auto-submitted", "references", "in-reply-to")


class Sink:
    async def handle_DATA(self, server, session, envelope):
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        body = message.get_body(("plain",))
        print(json.dumps({
            "at": round(time.time() * 1000), "from": envelope.mail_from, "to": envelope.rcpt_tos, "subject": message["subject"],
            "message_id": message["message-id"], "text": body.get_content() if body else "",
            "headers": {name: message[name] for name in HEADERS}, "user": session.auth_data,
        }), flush=True)
        return "250 kept"


def authenticate(server, session, envelope, mechanism, data):
    if os.path.exists(sys.argv[2]):
        return AuthResult(success=False, handled=False)
    return AuthResult(success=True, auth_data=data.login.decode())


class OnAnyPort(Controller):
    """aiosmtpd asks the server it has just started for a greeting, on the port it was told: with port 0 it has to learn the real one."""

    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


controller = OnAnyPort(
    Sink(), hostname="127.0.0.1", port=int(sys.argv[1]),
    authenticator=authenticate, auth_require_tls=False,
)
controller.start()
print(json.dumps({"port": controller.port}), flush=True)
while True:
    time.sleep(3600)
