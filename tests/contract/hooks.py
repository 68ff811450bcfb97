"""What schemathesis cannot guess: names that are really there, so that more than the refusals of a handler is tried."""

import json
import os
import time
import urllib.request

import schemathesis
from hypothesis import strategies as st

URL = os.environ["PLENUM_URL"]
TOKEN = os.environ["PLENUM_TOKEN"]


def items(path):
    request = urllib.request.Request(f"{URL}/api/v1/{path}", headers={"Authorization": f"Bearer {TOKEN}"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)["items"]


SERIES = [item["series"] for item in items("series")]
SERVICES = [item["service"] for item in items("services")]
NOW = int(time.time() * 1000)
INSTANTS = [NOW - 3_600_000 * hours for hours in (1, 6, 24, 240)]


def alarms():
    """The demo's cooling fails after a minute: then there is something to acknowledge."""
    patience = time.monotonic() + 120
    while True:
        found = [item["id"] for item in items("alarms?state=all")]
        if found or time.monotonic() > patience:
            return found or [1]
        time.sleep(1)


ALARMS = alarms()


def sometimes(strategy, key, values):
    """Half of the generated values of a key become one that is there."""

    def chosen(pair):
        parameters, real = pair
        if isinstance(parameters, dict) and key in parameters and real is not None:
            return {**parameters, key: real}
        return parameters

    return st.tuples(strategy, st.none() | st.sampled_from(values)).map(chosen)


@schemathesis.hook
def before_generate_query(context, strategy):
    for key, values in (("series", SERIES), ("from", INSTANTS), ("to", [NOW])):
        strategy = sometimes(strategy, key, values)
    return strategy


@schemathesis.hook
def before_generate_path_parameters(context, strategy):
    path = context.operation.path
    if "/services/" in path:
        return sometimes(strategy, "id", SERVICES)
    if "/alarms/" in path:
        return sometimes(strategy, "id", ALARMS)
    if path.endswith("/rollback"):
        # Each makes a revision more: some are enough.
        return strategy
    return sometimes(strategy, "number", [1, 2])
