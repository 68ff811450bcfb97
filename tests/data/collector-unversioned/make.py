"""Makes this folder's plenum.db, history.db and journal.head with a real server, a real agent and a few publishers.

usage: make.py PLENUM FOLDER      (needs paho-mqtt; PLENUM is the program, FOLDER is new and gets everything)
"""

import http.server
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

PLENUM, FOLDER = Path(sys.argv[1]).resolve(), Path(sys.argv[2])

SITE = """
[site]
id = "hall"
name = "The Hall"
zone = "Europe/Amsterdam"

[[room]]
id = "room-a"
name = "Room A"
floor = "Ground floor"
width_m = 8.0
depth_m = 6.0

[[sensor]]
agent = "pi"
id = "inlet"
name = "Inlet A1"
room = "room-a"
place = "inlet"
position = "rack A1, front"

[[rule]]
id = "warm"
name = "Warm"
select = { quantities = ["temperature"], agents = ["pi"] }
when = { above = { limit = 30, deadband = 2 } }
priority = "high"

[[rule]]
id = "damp"
name = "Damp"
select = { quantities = ["humidity"], agents = ["pi"] }
when = { above = { limit = 70, deadband = 5 } }
priority = "medium"

[[rule]]
id = "smoke"
name = "Smoke"
select = { quantities = ["smoke"] }
when = { is = { state = true, latched = true } }
priority = "critical"

[[rule]]
id = "water"
name = "Water"
select = { quantities = ["water"] }
when = { is = { state = true, latched = true } }
priority = "critical"

[[rule]]
id = "door-open"
name = "Door open"
select = { quantities = ["door-open"] }
when = { is = { state = true } }
priority = "low"

[[service]]
id = "hosting"
name = "Hosting, room A"
customer = "Example Ltd"
objective = 0.999
zone = "Europe/Amsterdam"
since = "2026-01-01T00:00"
down = { any = [{ rule = { rule = "warm" } }] }

[[person]]
id = "sanne"
name = "Sanne de Vries"

[[channel]]
id = "duty"
kind = "email"
people = ["sanne"]

[[channel]]
id = "ops"
kind = "webhook"

[[channel]]
id = "slow"
kind = "webhook"

[[channel]]
id = "wrong"
kind = "webhook"
"""

AGENT = """
site = "hall"
agent = "pi"
clock = "trusted"
[broker]
url = "{broker}"
[spool]
path = "spool.db"
[[sensor]]
id = "inlet"
driver = "simulated"
interval = "1s"
quantities.temperature = {{ base = 35.0, noise = 0.2 }}
quantities.humidity = {{ base = 80.0, noise = 0.5 }}
[[sensor]]
id = "broken"
driver = "simulated"
interval = "1s"
quantities.temperature = {{ base = 20.0, events = [{{ at = "1s", effect = {{ fault = "timeout" }} }}] }}
"""


class Receiver(http.server.BaseHTTPRequestHandler):
    """Takes what comes to /ops, is never ready at /slow, and calls everything at /wrong a mistake."""

    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response({"/ops": 204, "/slow": 503, "/wrong": 400}[self.path])
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait(what, look, patience=60):
    for _ in range(patience * 10):
        found = look()
        if found:
            return found
        time.sleep(0.1)
    raise SystemExit(f"no {what} within {patience} s")


class Api:
    def __init__(self, url):
        self.url, self.token = url, json.loads((FOLDER / "data/cli.json").read_text())["token"]

    def call(self, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        headers = {"authorization": f"Bearer {self.token}", "content-type": "application/json"}
        try:
            with urllib.request.urlopen(urllib.request.Request(self.url + path, data, headers)) as answer:
                text = answer.read().decode()
        except urllib.error.HTTPError as error:
            raise SystemExit(f"{path}: {error.read().decode()}")
        return json.loads(text) if text.startswith(("{", "[")) else text

    def alarm(self, rule, state):
        alarms = self.call("/api/v1/alarms?state=all")["items"]
        return next((a["id"] for a in alarms if a["rule"] == rule and a["state"] == state), None)

    def figure(self, name):
        lines = self.call("/metrics").splitlines()
        return next(float(line.split()[1]) for line in lines if line.startswith(f"plenum_{name} "))


def publisher(port, agent):
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=f"hall-{agent}", protocol=mqtt.MQTTv5)
    client.username_pw_set(f"hall/{agent}")
    client.connect("127.0.0.1", port)
    client.loop_start()

    def publish(payload, **position):
        properties = Properties(PacketTypes.PUBLISH)
        if position:
            properties.UserProperty = [(key, str(value)) for key, value in position.items()]
        text = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        client.publish(f"plenum/1/hall/{agent}/readings", text, qos=1, properties=properties).wait_for_publish(30)

    return publish


def pack(agent, name, unit, values, since=None):
    base = {"bn": f"hall/{agent}/", "bt": since} if since else {"bn": f"hall/{agent}/"}
    key = "vb" if unit is None else "v"
    step = 1 if since else 0
    return [base] + [
        {"n": name, "t": place * step, key: value} | ({} if unit is None else {"u": unit})
        for place, value in enumerate(values)
    ]


def main():
    (FOLDER / "pi").mkdir(parents=True)
    receiver = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=receiver.serve_forever, daemon=True).start()
    hooks, port = f"http://127.0.0.1:{receiver.server_port}", free_port()
    (FOLDER / "site.toml").write_text(SITE)
    (FOLDER / "hook.secret").write_text("only the two of us know")
    webhooks = "".join(
        f'[[webhook]]\nchannel = "{name}"\nurl = "{hooks}/{name}"\nsecret_file = "hook.secret"\n'
        for name in ("ops", "slow", "wrong")
    )
    (FOLDER / "collector.toml").write_text(
        'data = "data"\nsite = "site.toml"\n[http]\nlisten = "127.0.0.1:0"\n'
        'base_url = "https://plenum.example.org"\n'
        f'[broker]\nlisten = "127.0.0.1:{port}"\naccept_new_agents = true\n[storage]\ndisk_reserve = "1MiB"\n'
        f'[smtp]\nhost = "127.0.0.1"\nport = {free_port()}\nsecurity = "none"\nfrom = "plenum@example.org"\n'
        f'[[address]]\nperson = "sanne"\nemail = "sanne@example.org"\n{webhooks}'
    )
    log = open(FOLDER / "server.log", "w")
    server = subprocess.Popen(
        [PLENUM, "serve", "--json", "--config", FOLDER / "collector.toml"], stdout=subprocess.PIPE, stderr=log, text=True
    )
    up = json.loads(server.stdout.readline())
    api = Api(up["url"])
    account = {"token": up["first"].split("#")[1], "name": "anna", "password": "correct horse battery"}
    api.call("/api/v1/sessions/first", account)

    # 9,000 readings of one period of two days ago fill a chunk; then the journal lets go of them.
    old = (int(time.time()) - 2 * 86_400) // 21_600 * 21_600
    loader = publisher(port, "loader")
    for part in range(3):
        values = [20 + (part * 3_000 + place) % 100 / 10 for place in range(3_000)]
        loader(pack("loader", "probe/temperature", "Cel", values, old + part * 3_000))
    wait("chunk", lambda: api.figure("history_chunks_total") >= 1)
    wait("trimmed journal", lambda: api.figure("journal_bytes") < 10_000)

    # From here on the journal keeps everything, because this reading is not sealed: one that no scale of ours makes whole, from a clock that
    # is an hour ahead.
    yard = publisher(port, "yard")
    far = [{"bn": "hall/yard/", "bt": int(time.time()) + 3_600}, {"n": "gate/temperature", "u": "Cel", "v": 0.1 + 0.2}]
    yard(far)
    wait("odd reading", lambda: any(a["agent"] == "yard" for a in api.call("/api/v1/agents")["items"]))
    (FOLDER / "pi/agent.toml").write_text(AGENT.format(broker=up["mqtt"]))
    agent_log = open(FOLDER / "agent.log", "w")
    agent = subprocess.Popen(
        [PLENUM, "agent", "run", FOLDER / "pi/agent.toml"], stdout=agent_log, stderr=agent_log
    )
    wait("warm", lambda: api.alarm("warm", "active-unacknowledged"))
    damp = wait("damp", lambda: api.alarm("damp", "active-unacknowledged"))
    api.call(f"/api/v1/alarms/{damp}/acknowledge", {"comment": "the humidifier runs"})
    say = lambda name, value: yard(pack("yard", name, None, [value]))
    for name in ("detector/smoke", "floor/water", "gate/door-open"):
        say(name, True)
    wait("smoke", lambda: api.alarm("smoke", "active-unacknowledged"))
    water = wait("water", lambda: api.alarm("water", "active-unacknowledged"))
    wait("door", lambda: api.alarm("door-open", "active-unacknowledged"))
    time.sleep(2)
    for name in ("detector/smoke", "floor/water", "gate/door-open"):
        say(name, False)
    wait("closed door", lambda: api.alarm("door-open", "returned-unacknowledged"))
    api.call(f"/api/v1/alarms/{water}/acknowledge", {"comment": "mopped up"})
    api.call(f"/api/v1/alarms/{water}/reset", {"comment": "dry again"})

    # A stream with a hole; then a message and a record that cannot be read.
    rack = publisher(port, "rack")
    for seq, value in ((1, 21.0), (4, 21.5)):
        position = {"stream": "00000000000000aa", "seq": seq, "first": seq, "last": seq}
        rack(pack("rack", "probe/temperature", "Cel", [value]), **position)
    rack(b'[{"bn":"hall/rack/",', stream="00000000000000aa", seq=5, first=5, last=5)
    two = pack("rack", "probe/temperature", "Cel", [22.0]) + [{"n": "probe/humidity", "u": "Cel", "t": -1, "v": 40}]
    rack(two, stream="00000000000000aa", seq=6, first=6, last=6)
    wait("dead letters", lambda: len(api.call("/api/v1/dead-letters")["items"]) == 2)

    for base, comment in ((1, "a second room"), (2, "a third room")):
        text = SITE + "".join(
            f'\n[[room]]\nid = "room-{number}"\nname = "Room {number}"\n' for number in range(2, base + 2)
        )
        api.call("/api/v1/site/revisions", {"base": base, "comment": comment, "text": text})

    # Three attempts at /slow, so that the failing channels are alarms too.
    wait("failing channel", lambda: api.alarm("delivery-failed", "active-unacknowledged"))
    time.sleep(8)
    agent.send_signal(signal.SIGTERM)
    agent.wait(30)
    wait("agent that is gone", lambda: not any(a["online"] for a in api.call("/api/v1/agents")["items"] if a["agent"] == "pi"))
    time.sleep(1)
    server.send_signal(signal.SIGTERM)
    server.wait(30)
    for name in sorted(os.listdir(FOLDER / "data")):
        print(name, (FOLDER / "data" / name).stat().st_size)


main()
