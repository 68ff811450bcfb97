"""Who is on duty, by a second program: written from docs/rotas.md with zoneinfo, and not from the Rust code. It asks of each instant at which anything
could change who is on duty then, where the program under test lays stretches over each other. Standard input: a JSON list of {"site", "overrides", "rota",
"from", "to"}, the site as TOML, instants in milliseconds; standard output: for each the list of [person, from, to, source]."""

import bisect
import datetime as dt
import json
import re
import sys
import tomllib
import zoneinfo

DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
UTC = dt.timezone.utc
EPOCH = dt.datetime(1970, 1, 1, tzinfo=UTC)
NEVER = 10**18


def instant(local, zone):
    """Milliseconds of a local time: zoneinfo's fold 0 is the first of two, and forward where there is none."""
    return (local.replace(tzinfo=zone, fold=0).astimezone(UTC) - EPOCH) // dt.timedelta(milliseconds=1)


def local_date(milliseconds, zone):
    return (EPOCH + dt.timedelta(milliseconds=milliseconds)).astimezone(zone).date()


def minutes(text):
    hour, minute = text.split(":")
    return int(hour) * 60 + int(minute)


def days_of(text):
    for part in text.split(","):
        first, _, last = part.partition("-")
        day = DAYS.index(first)
        yield day
        while last and DAYS[day] != last:
            day = (day + 1) % 7
            yield day


def minutes_of_week(entries):
    """Every minute of a week, counted from Monday, that the hours name."""
    named = set()
    for entry in entries:
        across = re.fullmatch(r"(\w+) ([\d:]+)-([a-z]+) ([\d:]+)", entry)
        if across:
            begin = DAYS.index(across[1]) * 1440 + minutes(across[2])
            end = DAYS.index(across[3]) * 1440 + minutes(across[4])
            named.update(minute % 10080 for minute in range(begin, end if end > begin else end + 10080))
            continue
        days, times = entry.split(" ")
        start, end = (minutes(time) for time in times.split("-"))
        for day in days_of(days):
            begin, stop = day * 1440 + start, day * 1440 + end + (0 if end > start else 1440)
            named.update(minute % 10080 for minute in range(begin, stop))
    return named


def runs(named, day):
    """The runs of named minutes of a day, as minutes from its midnight."""
    found = []
    for minute in range(1440):
        if day * 1440 + minute in named:
            if found and found[-1][1] == minute:
                found[-1][1] = minute + 1
            else:
                found.append([minute, minute + 1])
    return found


class Layer:
    def __init__(self, layer, zone, holidays, begin, end):
        self.people = layer["people"]
        count, _, unit = layer["every"].rpartition(" ")
        every = int(count or 1) * (7 if unit.startswith("week") else 1)
        time = dt.time.fromisoformat(layer["hand_over"].split(" ")[-1])
        start = dt.date.fromisoformat(layer["start"])

        def hand_over(date):
            return instant(dt.datetime.combine(date, time), zone)

        self.until = hand_over(dt.date.fromisoformat(layer["until"])) if "until" in layer else NEVER
        self.hand_overs = []
        date = start
        while not self.hand_overs or self.hand_overs[-1] < end:
            self.hand_overs.append(hand_over(date))
            date += dt.timedelta(days=every)
        self.open = None
        usual, hours = layer.get("holidays", "as-usual"), layer.get("hours", [])
        if hours or usual == "off":
            named = minutes_of_week(hours) if hours else set(range(10080))
            of_day = [runs(named, day) for day in range(7)]
            date, stop = local_date(begin, zone) - dt.timedelta(days=2), local_date(end, zone) + dt.timedelta(days=2)
            self.open = []
            while date <= stop:
                day = date.weekday()
                if date in holidays and usual == "as-sunday":
                    day = 6
                if not (date in holidays and usual == "off"):
                    midnight = dt.datetime.combine(date, dt.time())
                    for first, after in of_day[day]:
                        self.open.append((instant(midnight + dt.timedelta(minutes=first), zone),
                                          instant(midnight + dt.timedelta(minutes=after), zone)))
                date += dt.timedelta(days=1)
            self.open.sort()
            self.starts = [first for first, _ in self.open]

    def cuts(self):
        yield self.until
        yield from self.hand_overs
        for stretch in self.open or []:
            yield from stretch

    def turn(self, at):
        """The turn's number at an instant; none where the layer does not cover it."""
        if at >= self.until or at < self.hand_overs[0]:
            return None
        if self.open is not None:
            # One that began before may have been stretched over a later one by a change of the clock.
            last = bisect.bisect_right(self.starts, at)
            if not any(after > at for _, after in self.open[max(0, last - 4):last]):
                return None
        return bisect.bisect_right(self.hand_overs, at) - 1


def shifts(task):
    site = tomllib.loads(task["site"])
    rota = next(entry for entry in site["rota"] if entry["id"] == task["rota"])
    zone = zoneinfo.ZoneInfo(rota.get("zone", site["site"]["zone"]))
    begin, end = task["from"], task["to"]
    holidays = {dt.date.fromisoformat(entry["date"]) for entry in site.get("holiday", [])}
    layers = [Layer(layer, zone, holidays, begin, end) for layer in rota["layer"]]
    written = [(entry["person"], instant(dt.datetime.fromisoformat(entry["from"]), zone),
                instant(dt.datetime.fromisoformat(entry["to"]), zone))
               for entry in site.get("override", []) if entry["rota"] == rota["id"]]
    made = [(entry["person"], entry["from"], entry["to"])
            for entry in task["overrides"] if entry["rota"] == rota["id"]]
    known = {entry["id"] for entry in site["person"]}
    overrides = [entry for entry in written + made if entry[0] in known]

    def on_duty(at):
        for place in reversed(range(len(overrides))):
            person, first, after = overrides[place]
            if first <= at < after:
                return person, f"override {place}"
        for place in reversed(range(len(layers))):
            turn = layers[place].turn(at)
            if turn is not None:
                people = layers[place].people
                return people[turn % len(people)], f"layer {place} turn {turn}"
        return None

    cuts = {begin, end}
    for layer in layers:
        cuts.update(layer.cuts())
    for _, first, after in overrides:
        cuts.update((first, after))
    cuts = sorted(cut for cut in cuts if begin <= cut <= end)
    found = []
    for left, right in zip(cuts, cuts[1:]):
        duty = on_duty(left)
        if duty is None:
            continue
        if found and found[-1][2] == left and (found[-1][0], found[-1][3]) == duty:
            found[-1][2] = right
        else:
            found.append([duty[0], left, right, duty[1]])
    return found


if __name__ == "__main__":
    json.dump([shifts(task) for task in json.load(sys.stdin)], sys.stdout)
