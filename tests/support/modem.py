#!/usr/bin/env python3
"""A GSM modem on a pseudo-terminal, with its network. Its one argument is where its device is linked. A line of JSON on standard input tells it what
to do, a line on standard output what happened. Debian's gammu speaks to it as to a real one: collector/src/notify/channels/sms/tests.rs sees to that."""

import json
import os
import pty
import select
import sys
import termios
import tty

from gsmmodem import pdu as gsmmodem

STAMP = bytes.fromhex("62801132210080")


def tell(**event):
    print(json.dumps(event), flush=True)


class Modem:
    def __init__(self, link):
        self.link = link
        self.main = None
        self.network, self.alive, self.pin, self.tries = True, True, None, 3
        self.refuse, self.reports, self.credit, self.signal = None, None, "12,34", 17
        self.capacity, self.stored, self.read, self.next_index = 10, {}, set(), 1
        self.reference, self.expects, self.buffer, self.parts = 0, None, b"", {}
        self.unlocked = True
        self.echo, self.notices = True, False
        self.rings_silently = False
        self.plug()

    def plug(self):
        self.main, self.far = pty.openpty()
        tty.setraw(self.main)
        tty.setraw(self.far)
        os.set_blocking(self.main, False)
        if os.path.islink(self.link):
            os.unlink(self.link)
        os.symlink(os.ttyname(self.far), self.link)
        self.buffer, self.expects, self.echo, self.notices = b"", None, True, False

    def unplug(self):
        os.unlink(self.link)
        os.close(self.far)
        os.close(self.main)
        self.main = None

    def say(self, *lines):
        if self.main is not None and self.alive:
            self.raw("".join(f"\r\n{line}\r\n" for line in lines).encode())

    def raw(self, data):
        try:
            os.write(self.main, data)
        except OSError:
            pass

    # What the computer says.

    def heard(self, data):
        for byte in data:
            byte = bytes([byte])
            if self.expects is not None:
                if byte == b"\x1a":
                    pdu, self.buffer = self.buffer.decode(), b""
                    self.submit(pdu)
                elif byte == b"\x1b":
                    self.buffer, self.expects = b"", None
                elif byte not in b"\r\n":
                    self.buffer += byte
            elif byte in b"\r\n":
                command, self.buffer = self.buffer.decode(errors="replace").strip("\x1b \x00"), b""
                if command and self.alive:
                    if self.echo:
                        self.raw(f"{command}\r".encode())
                    self.command(command)
                elif command == "AT+CFUN=1,1":
                    tell(event="restarted")
            else:
                self.buffer += byte

    def command(self, command):
        upper = command.upper()
        name, _, value = upper.partition("=")
        if upper == "AT+CFUN=1,1":
            tell(event="restarted")
            self.echo = True
            return self.say("OK")
        if upper == "ATE0" or upper == "ATE1":
            self.echo = upper == "ATE1"
            return self.say("OK")
        if upper == "AT+CPIN?":
            return self.say("+CPIN: " + ("READY" if self.unlocked else "SIM PIN" if self.tries else "SIM PUK"), "OK")
        if name == "AT+CPIN":
            self.tries -= 0 if value.strip('"') == self.pin else 1
            self.unlocked = value.strip('"') == self.pin
            tell(event="pin", right=self.unlocked)
            return self.say("OK" if self.unlocked else "+CME ERROR: 16")
        known = {
            "AT+CREG?": f"+CREG: 0,{1 if self.network else 2}", "AT+CEREG?": f"+CEREG: 0,{1 if self.network else 0}",
            "AT+CSQ": f"+CSQ: {self.signal if self.network else 99},99", "AT+COPS?": '+COPS: 0,0,"Testnet",7', "AT+CSCA?": '+CSCA: "+31624000000",145',
            "AT+CGMI": "Plenum", "AT+CGMM": "Emulator", "AT+CGMR": "1", "AT+CGSN": "490154203237518", "AT+CIMI": "204080000000000",
            "AT+CSMS?": "+CSMS: 0,1,1,1", "AT+CSMS=0": "+CSMS: 1,1,1", "AT+CMGF?": "+CMGF: 0", "AT+CMGF=?": "+CMGF: (0,1)",
            "AT+CSCS?": '+CSCS: "GSM"', "AT+CSCS=?": '+CSCS: ("GSM","UCS2")', "AT+CNMI=?": "+CNMI: (0,1,2),(0,1,2,3),(0,2),(0,1,2),(0,1)",
            "AT+CPMS=?": '+CPMS: ("SM"),("SM"),("SM")', "AT+CPMS?": f'+CPMS: "SM",{len(self.stored)},{self.capacity},"SM",{len(self.stored)},{self.capacity},"SM",{len(self.stored)},{self.capacity}',
        }
        if upper in known:
            return self.say(known[upper], "OK")
        if not self.unlocked and upper not in ("AT", "AT+CMEE=1"):
            return self.say("+CME ERROR: 11")
        if name == "AT+CPMS":
            used = f"{len(self.stored)},{self.capacity}"
            return self.say(f"+CPMS: {used},{used},{used}", "OK")
        if name == "AT+CNMI":
            self.notices = value[:1] in "12"
        if name == "AT+CMGS":
            self.expects = int(value)
            return self.raw(b"\r\n> ")
        if name == "AT+CMGL":
            lines = []
            for index, pdu in self.stored.items():
                lines += [f"+CMGL: {index},{int(index in self.read)},,{len(pdu) // 2 - 1}", pdu]
            self.read |= set(self.stored)
            return self.say(*lines, "OK")
        if name == "AT+CMGR":
            pdu = self.stored.get(int(value))
            return self.say(f"+CMGR: 0,,{len(pdu) // 2 - 1}", pdu, "OK") if pdu else self.say("+CMS ERROR: 321")
        if name == "AT+CMGD":
            index, _, which = value.partition(",")
            goes = self.read if which in ("1", "2", "3") else set(self.stored) if which == "4" else {int(index)}
            self.stored = {other: pdu for other, pdu in self.stored.items() if other not in goes}
            self.read &= set(self.stored)
            return self.say("OK")
        if name == "AT+CUSD":
            return self.say("OK", f'+CUSD: 0,"Tegoed EUR {self.credit}",15')
        if upper.startswith("ATD"):
            tell(event="dialled", number=command[3:].rstrip(";"))
            # Some say OK at once, some when it is answered: nobody does.
            return None if self.rings_silently else self.say("OK")
        if upper == "AT+CHUP":
            tell(event="hung-up")
            return self.say("OK")
        if name in ("AT", "AT+CMEE", "AT+CMGF", "AT+CSCS", "AT+CNMI", "AT+CFUN", "ATH", "ATZ", "AT+CSMS"):
            return self.say("OK")
        self.say("ERROR")

    # The network.

    def submit(self, pdu):
        length, self.expects = self.expects, None
        if len(pdu) // 2 - 1 - int(pdu[:2], 16) != length:
            return self.say("+CMS ERROR: 304")
        if not self.network:
            return self.say("+CMS ERROR: 331")
        if self.refuse is not None:
            return self.say(f"+CMS ERROR: {self.refuse}")
        read = gsmmodem.decodeSmsPdu(pdu)
        self.reference = self.reference % 255 + 1
        self.say(f"+CMGS: {self.reference}", "OK")
        joins = [part for part in read.get("udh", []) if isinstance(part, gsmmodem.Concatenation)]
        parts = self.parts.setdefault(joins[0].reference, {}) if joins else {1: read["text"]}
        if joins:
            parts[joins[0].number] = read["text"]
        if not joins or len(parts) == joins[0].parts:
            tell(event="sent", to=read["number"], text="".join(parts[number] for number in sorted(parts)), parts=len(parts))
        if self.reports is not None:
            submit = bytes.fromhex(pdu)
            at = 3 + submit[0]
            address = submit[at:at + 2 + (submit[at] + 1) // 2]
            report = bytes([0, 6, self.reference]) + address + STAMP + STAMP + bytes([int(self.reports, 16)])
            self.say(f"+CDS: {len(report) - 1}", report.hex().upper())

    def receive(self, sender, text, backwards=False):
        """Stored if there is room, as a network keeps what does not fit."""
        delivers = []
        for submit in gsmmodem.encodeSmsSubmitPdu(sender, text, reference=9):
            data = bytearray(submit.data)
            at = 1 + data[0]
            first, digits = data[at], data[at + 2]
            address = data[at + 2:at + 4 + (digits + 1) // 2]
            at += 2 + len(address)
            deliver = bytes([0, 0x04 | first & 0x40]) + address + data[at:at + 2] + STAMP + data[at + 2:]
            delivers.append(deliver.hex().upper())
        for deliver in reversed(delivers) if backwards else delivers:
            self.waiting.append(deliver)
        self.deliver()

    waiting = []

    def deliver(self):
        while self.waiting and len(self.stored) < self.capacity and self.network:
            index, self.next_index = self.next_index, self.next_index + 1
            self.stored[index] = self.waiting.pop(0)
            if self.notices:
                self.say(f'+CMTI: "SM",{index}')

    def do(self, order):
        what = order.pop("do")
        if what == "set":
            for name, value in order.items():
                setattr(self, name, value)
            if "pin" in order:
                self.unlocked = order["pin"] is None
        elif what == "receive":
            self.receive(order["from"], order["text"], order.get("backwards", False))
        elif what == "fill":
            for _ in range(self.capacity):
                self.receive(order["from"], "full")
        elif what == "babble":
            self.raw(os.urandom(5000) + b"\r\n> \r\n+CMGL: 1,0\r\n+CMTI: x\r\n")
        else:
            getattr(self, what)()
        tell(event="done", stored=len(self.stored))


modem = Modem(sys.argv[1])
tell(event="ready")
while True:
    watched = [sys.stdin] + ([modem.main] if modem.main is not None else [])
    ready, _, _ = select.select(watched, [], [], 0.2)
    if sys.stdin in ready:
        line = sys.stdin.readline()
        if not line:
            sys.exit(0)
        modem.do(json.loads(line))
    if modem.main is not None and modem.main in ready:
        try:
            modem.heard(os.read(modem.main, 4096))
        except OSError:
            pass
    modem.deliver()
