"""Prints a token of a role for the running demo: `role_token.py viewer`. A customer is the first one that has a service."""

import json
import os
import sys
import urllib.request
from datetime import datetime, timedelta, timezone

URL, TOKEN, ROLE = os.environ["PLENUM_URL"], os.environ["PLENUM_TOKEN"], sys.argv[1]


def ask(path, body=None):
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{URL}/api/v1/{path}", data=data, headers=headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


customers = [ask("services")["items"][0]["customer"]] if ROLE == "customer" else []
end = (datetime.now(timezone.utc) + timedelta(days=1)).isoformat()
given = ask("tokens", {"name": f"contract {ROLE}", "role": ROLE, "rooms": [], "customers": customers, "expires_at": end})
print(given["secret"])
