"""Receives mail with aiosmtpd and prints each message as a line of JSON; the first line says on which port it listens."""
import email
import email.policy
import json
import sys
import time

from aiosmtpd.controller import Controller


class Sink:
    async def handle_DATA(self, server, session, envelope):
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        body = message.get_body(("plain",))
        print(json.dumps({
            "from": envelope.mail_from, "to": envelope.rcpt_tos, "subject": message["subject"],
            "message_id": message["message-id"], "text": body.get_content() if body else "",
        }), flush=True)
        return "250 kept"


class OnAnyPort(Controller):
    """aiosmtpd asks the server it has just started for a greeting, on the port it was told: with port 0 it has to learn the real one."""

    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


controller = OnAnyPort(Sink(), hostname="127.0.0.1", port=int(sys.argv[1]) if len(sys.argv) > 1 else 0)
controller.start()
print(json.dumps({"port": controller.port}), flush=True)
while True:
    time.sleep(3600)
