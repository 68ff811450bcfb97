#!/usr/bin/env python3
"""A second opinion on availability: reads a scenario and prints what it should come to, as JSON.

It shares nothing with Plenum's own code: civil time by the standard library's zoneinfo, truth by looking at each elementary interval,
sums by adding intervals up. It covers what the scenarios use: rules `above`, `below`, `is` and `vote` with deadband and delays, conditions `any`, `all` and `rule`.

    python3 availability.py scenario.toml
"""
import datetime as dt
import json
import re
import sys
import tomllib
import zoneinfo

FALSE, UNKNOWN, TRUE = 0, 1, 2
DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.timezone.utc)


def instant(text):
    """RFC 3339 to milliseconds since 1970."""
    return round((dt.datetime.fromisoformat(text.replace("Z", "+00:00")) - EPOCH) / dt.timedelta(milliseconds=1))


def duration(text):
    number, unit = re.fullmatch(r"(\d+)(ms|s|min|h|d)", text).groups()
    return int(number) * {"ms": 1, "s": 1000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}[unit]


def number(value):
    """A limit or deadband: a number, or text with a unit."""
    return float(value) if not isinstance(value, str) else float(value.split()[0])


def civil(local, zone):
    """A local date and time to milliseconds. fold=0 is the first of two; in a gap it is the offset before, which moves it forward."""
    return round((local.replace(tzinfo=zone, fold=0).astimezone(dt.timezone.utc) - EPOCH) / dt.timedelta(milliseconds=1))


def last_civil(local, zone):
    """The same for an end: the last of two; out of a gap forward."""
    instants = [local.replace(tzinfo=zone, fold=fold).astimezone(dt.timezone.utc) for fold in (0, 1)]
    return round((max(instants) - EPOCH) / dt.timedelta(milliseconds=1))


def windows(entries, zone, begin, end):
    """Weekly windows that touch [begin, end), with generous margins, as (from, to)."""
    day = (EPOCH + dt.timedelta(milliseconds=begin)).date() - dt.timedelta(days=9)
    last = (EPOCH + dt.timedelta(milliseconds=end)).date() + dt.timedelta(days=2)
    found = []
    while day <= last:
        for entry in entries:
            if DAYS[day.weekday()] in entry["days"]:
                hour, minute = map(int, entry["start"].split(":")[:2])
                begin_local = dt.datetime(day.year, day.month, day.day, hour, minute)
                start = civil(begin_local, zone)
                if "end" in entry:
                    hour, minute = map(int, entry["end"].split(":")[:2])
                    end_local = begin_local.replace(hour=hour, minute=minute)
                    if end_local <= begin_local:
                        end_local += dt.timedelta(days=1)
                    stop = last_civil(end_local, zone)
                else:
                    stop = start + duration(entry["length"])
                found.append((start, stop))
        day += dt.timedelta(days=1)
    return found


def samples(scenario, with_late):
    """Readings by series: {series: {ms: value, or None for a fault}}. The first stored wins."""
    readings = {}
    for late in (False, True):
        for entry in scenario.get("readings", []):
            if entry.get("late", False) != late or (late and not with_late):
                continue
            series = readings.setdefault(entry["series"], {})
            at, stop, step = instant(entry["from"]), instant(entry["to"]), duration(entry.get("every", "60s"))
            value = None if "fault" in entry else float(entry["value"])
            while at < stop:
                series.setdefault(at, value)
                at += step
    return readings


def holds(condition, value, active):
    (kind, what), = condition.items()
    if kind == "is":
        return (value != 0) == what["state"]
    limit, band = number(what["limit"]), number(what.get("deadband", 0))
    if kind == "above":
        return value > limit or (active and value > limit - band)
    if kind == "below":
        return value < limit or (active and value < limit + band)
    raise ValueError(f"the reference does not know `{kind}`")


def steps(rule, readings, gaps, stale, end):
    """One rule over one series: a list of (ms, truth), truth holding until the next. Walks from event to event."""
    on, off = duration(rule.get("on_delay", "0s")), duration(rule.get("off_delay", "0s"))
    events = [(at, 1, value) for at, value in readings.items() if at < end] + [(at, 0, "gap") for at in gaps if at < end]
    active, known, due, fresh, found = False, False, None, None, [(-(10**18), UNKNOWN)]

    def note(at):
        found.append((at, UNKNOWN if not known else TRUE if active else FALSE))

    def elapse(until, inclusive):
        """What happens by itself before the next event: delays that end, silence that lasts too long."""
        nonlocal active, known, due, fresh
        while True:
            silent = fresh + stale if fresh is not None and known else None
            silent = silent if silent is not None and silent < until else None
            ripe = due if due is not None and (due < until or (inclusive and due == until)) else None
            if ripe is not None and (silent is None or ripe <= silent):
                active, due = not active, None
                note(ripe)
            elif silent is not None:
                known = False
                if active:
                    due = None
                note(silent)
            else:
                return

    for at, _, value in sorted(events, key=lambda event: event[:2]):
        elapse(at, (value is not None and value != "gap") or not active)
        if value is None or value == "gap":
            known = False
            if active:
                due = None
        else:
            known, fresh = True, at
            if holds(rule["when"], value, active) == active:
                due = None
            elif due is None:
                due = at + (off if active else on)
                if due == at:
                    active, due = not active, None
        note(at)
    elapse(end, True)
    return found


def vote_steps(rule, own, others, unheard, gaps, stale, end):
    """A rule that counts, over one series: it holds where its own limit does and enough of the others' do. Each of those is known for the stale limit
    after a good reading; a sensor that was never heard is unknown."""
    on, off = duration(rule.get("on_delay", "0s")), duration(rule.get("off_delay", "0s"))
    vote = rule["when"]["vote"]
    what = {key: vote[key] for key in ("above", "below", "is") if key in vote}
    events = {at for at in own if at < end} | {at for at in gaps if at < end}
    for other in others:
        # The first millisecond at which it is no longer known, unless it was read again by then.
        events |= set(other) | {at + stale + 1 for at in other}
    own_silent = {at + stale for at in own}
    events = sorted(at for at in events | own_silent if at < end)
    courses = [sorted(other.items()) for other in others]
    active, due, found, newest = False, None, [(-(10**18), UNKNOWN)], None
    lost = False

    def of_other(course, at):
        last = None
        for when, value in course:
            if when > at:
                break
            last = (when, value)
        if last is None:
            return None
        if last[1] is None or at > last[0] + stale:
            return UNKNOWN
        return TRUE if holds(what, last[1], active) else FALSE

    def combined(at):
        if newest is None or newest[1] is None or lost or at >= newest[0] + stale:
            mine = UNKNOWN
        else:
            mine = TRUE if holds(what, newest[1], active) else FALSE
        told = [truth for truth in (of_other(course, at) for course in courses) if truth is not None]
        told += [UNKNOWN] * unheard
        least = vote["at_least"] - 1
        if sum(truth == TRUE for truth in told) >= least:
            theirs = TRUE
        else:
            theirs = UNKNOWN if sum(truth != FALSE for truth in told) >= least else FALSE
        return min(mine, theirs)

    for at in events + [end]:
        if due is not None and (due < at or (due == at and at == end)):
            active, due_now, due = not active, due, None
            found.append((due_now, TRUE if active else FALSE))
        if at == end:
            break
        if at in own:
            newest, lost = (at, own[at]), False
        elif at in gaps:
            lost = True
        truth = combined(at)
        if due == at and truth != UNKNOWN:
            active, due = not active, None
            truth = combined(at)
        if truth == UNKNOWN:
            if active:
                due = None
        elif (truth == TRUE) == active:
            due = None
        elif due is None:
            due = at + (off if active else on)
            if due == at:
                active, due = not active, None
        found.append((at, UNKNOWN if truth == UNKNOWN else TRUE if active else FALSE))
    return found


def truth_at(found, at):
    """The last truth not after `at`; found is sorted by instant but for ties."""
    low, high = 0, len(found)
    while low < high:
        middle = (low + high) // 2
        if found[middle][0] <= at:
            low = middle + 1
        else:
            high = middle
    return found[low - 1][1]


def main(path):
    with open(path, "rb") as file:
        scenario = tomllib.load(file)
    configuration = scenario["configuration"]
    service = next(entry for entry in configuration["service"] if entry["id"] == scenario["service"])
    zone = zoneinfo.ZoneInfo(service["zone"])
    begin, end = instant(scenario["from"]), instant(scenario["to"])
    stale = duration(scenario.get("stale_after", "60s"))
    print(json.dumps({
        "closed": judge(scenario, configuration, service, zone, begin, end, stale, False),
        "revised": judge(scenario, configuration, service, zone, begin, end, stale, True),
    }))


def judge(scenario, configuration, service, zone, begin, end, stale, with_late):
    readings = samples(scenario, with_late)
    gaps = [(entry["agent"], instant(entry["from"])) for entry in scenario.get("gap", [])]
    placed = {(entry["agent"], entry["id"]): entry for entry in configuration.get("sensor", [])}
    rules = {entry["id"]: entry for entry in configuration.get("rule", [])}

    def selected(rule, room, series):
        _, agent, sensor, quantity = series.split("/")
        where, select = placed.get((agent, sensor), {}), rule.get("select", {})
        return (
            quantity in select.get("quantities", [quantity])
            and agent in select.get("agents", [agent])
            and sensor in select.get("sensors", [sensor])
            and where.get("place", "other") in select.get("places", [where.get("place", "other")])
            and (where.get("room") in select["rooms"] if "rooms" in select else True)
            and (room is None or where.get("room") == room)
        )

    leaves = {}

    def prepare(down):
        (kind, what), = down.items()
        if kind == "rule":
            rule = rules[what["rule"]]
            heard = {tuple(series.split("/")[1:3]) for series in readings}
            chosen = [series for series in sorted(readings) if selected(rule, what.get("room"), series)]
            quantities = rule["select"]["quantities"]

            def room_of(agent, sensor):
                return placed.get((agent, sensor), {}).get("room")

            def point(series):
                lost = [at for agent, at in gaps if series.startswith(agent + "/")]
                if "vote" not in rule["when"]:
                    return steps(rule, readings[series], lost, stale, end)
                site_wide = rule["when"]["vote"].get("within", "room") == "site"
                room = room_of(*series.split("/")[1:3])
                near = lambda other: site_wide or (room is not None and room_of(*other) == room)
                others = [readings[other] for other in sorted(readings)
                          if other != series and selected(rule, None, other) and near(other.split("/")[1:3])]
                unheard = sum((agent, sensor) not in heard and near((agent, sensor)) and any(
                    selected(rule, None, f"-/{agent}/{sensor}/{quantity}") for quantity in quantities)
                    for agent, sensor in placed)
                return vote_steps(rule, readings[series], others, unheard, lost, stale, end)

            points = [point(series) for series in chosen]
            # A placed sensor that nobody ever heard is unknown, not absent.
            points += [
                [(-10**18, UNKNOWN)] for (agent, sensor), _ in placed.items() if (agent, sensor) not in heard and any(
                    selected(rule, what.get("room"), f"-/{agent}/{sensor}/{quantity}")
                    for quantity in rule["select"]["quantities"])
            ]
            leaves[id(what)] = (what.get("at_least", 1), points)
        else:
            for part in what:
                prepare(part)

    def down_at(down, at):
        (kind, what), = down.items()
        if kind == "rule":
            least, points = leaves[id(what)]
            if not points:
                return UNKNOWN
            truths = [truth_at(point, at) for point in points]
            if sum(truth == TRUE for truth in truths) >= least:
                return TRUE
            return UNKNOWN if sum(truth != FALSE for truth in truths) >= least else FALSE
        parts = [down_at(part, at) for part in what]
        return max(parts, default=FALSE) if kind == "any" else min(parts, default=TRUE)

    prepare(service["down"])
    born = civil(dt.datetime.fromisoformat(service["since"]), zone)
    died = civil(dt.datetime.fromisoformat(service["until"]), zone) if "until" in service else 10**18
    hours = windows(service["hours"], zone, begin, end) if service.get("hours") else [(begin, end)]
    planned = windows(service.get("maintenance", []), zone, begin, end)

    cuts = {begin, end, born, died}
    cuts.update(cut for span in hours + planned for cut in span)
    cuts.update(at for _, points in leaves.values() for point in points for at, _ in point)
    cuts = sorted(cut for cut in cuts if begin <= cut <= end)
    sums = dict.fromkeys(["up", "down", "planned", "unknown", "out_of_hours"], 0)
    intervals = []
    for left, right in zip(cuts, cuts[1:]):
        if not (born <= left < died) or not any(start <= left < stop for start, stop in hours):
            state = "out_of_hours"
        elif any(start <= left < stop for start, stop in planned):
            state = "planned"
        else:
            state = ["up", "unknown", "down"][down_at(service["down"], left)]
        sums[state] += right - left
        if intervals and intervals[-1][2] == state:
            intervals[-1][1] = right
        else:
            intervals.append([left, right, state])
    known = sums["up"] + sums["down"]
    agreed = known if service.get("unknown") == "excluded" else known + sums["unknown"]
    return {"milliseconds": sums, "availability": sums["up"] / agreed if known else None, "intervals": intervals}


if __name__ == "__main__":
    main(sys.argv[1])
