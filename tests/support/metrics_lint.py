"""Reads an exposition of /metrics from standard input with the parser of prometheus-client, judges it by the rules that `promtool check metrics`
has, and prints its samples as JSON: [[name, {label: value}, value], ...]. Ends with 1 and a line for each thing that is wrong."""

import json
import re
import sys
from collections import Counter

from prometheus_client.parser import text_string_to_metric_families

# What is not a base unit, as a word of a name.
UNITS = {
    "ms", "us", "ns", "sec", "secs", "millisecond", "milliseconds", "microseconds", "nanoseconds", "minute", "minutes", "hour", "hours", "day", "days",
    "byte", "bits", "kb", "mb", "gb", "kib", "mib", "gib", "kilobytes", "megabytes", "gigabytes", "percent", "fahrenheit", "kelvin", "grams",
}
TYPES = {"counter", "gauge", "histogram", "summary", "untyped"}


def lines_about(text, what):
    return Counter(line.split(" ")[2] for line in text.splitlines() if line.startswith(f"# {what} "))


def judge(text, families):
    helps, types = lines_about(text, "HELP"), lines_about(text, "TYPE")
    for name, times in (helps + types).items():
        if helps[name] != 1 or types[name] != 1:
            yield f"{name}: HELP {helps[name]} times, TYPE {types[name]} times: once each is wanted"
    series = Counter()
    for family in families:
        # The parser takes `_total` off a counter's name.
        written = f"{family.name}_total" if family.type == "counter" else family.name
        words = set(family.name.split("_"))
        if types[written] != 1:
            yield f"{family.name}: a sample without TYPE, or a counter whose name does not end in _total"
        if not family.documentation.strip():
            yield f"{family.name}: no help"
        if family.type not in {"counter", "gauge", "histogram"}:
            yield f"{family.name}: of type {family.type}"
        if not re.fullmatch(r"(plenum|process)(_[a-z0-9]+)+", family.name):
            yield f"{family.name}: begins with plenum_ or process_ and is of lower-case words"
        if family.type != "counter" and family.name.endswith("_total"):
            yield f"{family.name}: _total belongs to counters"
        if family.name.endswith(("_bucket", "_sum", "_count")):
            yield f"{family.name}: this ending belongs to histograms"
        if words & UNITS:
            yield f"{family.name}: {words & UNITS} is not a base unit"
        if words & TYPES:
            yield f"{family.name}: the type does not belong into the name"
        if family.type == "histogram" and not family.name.endswith(("_seconds", "_bytes")):
            yield f"{family.name}: a histogram without a unit"
        for sample in family.samples:
            labels = tuple(sorted(sample.labels.items()))
            series[(sample.name, labels)] += 1
            if "le" in sample.labels and family.type != "histogram":
                yield f"{sample.name}: the label le belongs to histograms"
            if "agent" in sample.labels and "site" not in sample.labels:
                yield f"{sample.name}: an agent without its site"
        yield from buckets(family)
    yield from (f"{name}{dict(labels)}: {times} times" for (name, labels), times in series.items() if times > 1)


def buckets(family):
    """Each histogram's buckets never fall, and the last is its count."""
    if family.type != "histogram":
        return
    held, counts = {}, {}
    for sample in family.samples:
        labels = {key: value for key, value in sample.labels.items() if key != "le"}
        key = tuple(sorted(labels.items()))
        if sample.name.endswith("_bucket"):
            held.setdefault(key, []).append((float(sample.labels["le"]), sample.value))
        elif sample.name.endswith("_count"):
            counts[key] = sample.value
    for key, found in held.items():
        bounds, values = zip(*found)
        if list(bounds) != sorted(bounds) or list(values) != sorted(values) or bounds[-1] != float("inf"):
            yield f"{family.name}{dict(key)}: buckets that fall or have no +Inf"
        if values[-1] != counts.get(key):
            yield f"{family.name}{dict(key)}: the last bucket is not the count"


def main():
    text = sys.stdin.read()
    families = list(text_string_to_metric_families(text))
    wrong = list(judge(text, families))
    if wrong:
        print("\n".join(wrong), file=sys.stderr)
        sys.exit(1)
    samples = [sample for family in families for sample in family.samples]
    json.dump([[sample.name, sample.labels, str(float(sample.value))] for sample in samples], sys.stdout)


main()
