"""What PyPI's icalendar reads in a calendar of ours: its name and each event, as JSON. Whatever it finds wrong with it ends the program."""

import json
import sys

try:
    import icalendar
except ImportError:
    sys.exit("without the module icalendar: pip install icalendar; tests/run does")

calendar = icalendar.Calendar.from_ical(sys.stdin.buffer.read())
wrong = [error for component in calendar.walk() for error in component.errors]
if wrong or calendar["version"] != "2.0":
    sys.exit(f"not as it should be: {wrong}")
json.dump({
    "name": str(calendar["name"]),
    "events": [
        [str(event["uid"]), event.start.isoformat(), event.end.isoformat(), str(event["summary"]), event["dtstamp"].dt.isoformat()]
        for event in calendar.walk("VEVENT")
    ],
}, sys.stdout)
