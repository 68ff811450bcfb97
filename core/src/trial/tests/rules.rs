//! The site of the stories: two agents, and a rule of each kind that a trial tries.

pub(super) const SITE: &str = r#"
[site]
id = "s"
name = "S"
zone = "UTC"
[[room]]
id = "room-a"
name = "Room A"
[[sensor]]
agent = "a"
id = "inlet-0"
name = "Inlet 0"
room = "room-a"
place = "inlet"
[[sensor]]
agent = "a"
id = "inlet-1"
name = "Inlet 1"
room = "room-a"
place = "inlet"
[[sensor]]
agent = "a"
id = "inlet-2"
name = "Inlet 2"
room = "room-a"
place = "inlet"
[[sensor]]
agent = "a"
id = "ups"
name = "UPS"
room = "room-a"
place = "ups"
[[rule]]
id = "plain"
name = "Plain"
when = { above = { limit = 26, deadband = 1 } }
select = { quantities = ["temperature"] }
priority = "low"
[[rule]]
id = "delayed"
name = "Delayed"
when = { above = { limit = 24, deadband = 2 } }
select = { quantities = ["temperature"] }
on_delay = "25s"
off_delay = "45s"
priority = "high"
[[rule]]
id = "cold"
name = "Cold"
when = { below = { limit = 21 } }
select = { quantities = ["temperature"] }
on_delay = "10s"
off_delay = "3min"
priority = "medium"
[[rule]]
id = "hot-on-battery"
name = "Hot on battery"
when = { above = { limit = 25 } }
select = { quantities = ["battery-temperature"] }
only_while = { quantity = "ups-on-battery", is = true }
on_delay = "20s"
priority = "critical"
[[rule]]
id = "warm-on-battery"
name = "Warm on battery"
when = { all = [{ above = { limit = 24, deadband = 1 } }, { quantity = "ups-on-battery", within = "sensor", is = { state = true } }] }
select = { quantities = ["battery-temperature"] }
on_delay = "10s"
off_delay = "30s"
priority = "high"
[[rule]]
id = "two-hot"
name = "Two hot"
when = { vote = { at_least = 2, above = { limit = 25, deadband = 1 } } }
select = { quantities = ["temperature"] }
on_delay = "15s"
off_delay = "40s"
priority = "high"
[[rule]]
id = "two-anywhere"
name = "Two anywhere"
when = { vote = { at_least = 3, within = "site", above = { limit = 24, deadband = 1 } } }
select = { quantities = ["temperature"] }
on_delay = "15s"
off_delay = "40s"
priority = "high"
[[rule]]
id = "one-of-two"
name = "One of two"
when = { any = [{ above = { limit = 28 } }, { quantity = "water", within = "site", is = { state = true } }] }
select = { quantities = ["temperature"] }
on_delay = "5s"
off_delay = "70s"
priority = "low"
[[rule]]
id = "neither"
name = "Neither"
when = { not = { any = [{ above = { limit = 23 } }, { quantity = "temperature", within = "site", above = { limit = 29, deadband = 1 } }] } }
select = { quantities = ["temperature"] }
on_delay = "30s"
off_delay = "20s"
priority = "low"
[[rule]]
id = "dry-and-warm"
name = "Dry and warm"
when = { above = { limit = 25 } }
select = { quantities = ["temperature"] }
only_while = { quantity = "humidity", below = 50, within = "nearest" }
not_while = [{ quantity = "water", within = "site" }]
off_delay = "30s"
priority = "low"
[[rule]]
id = "quiet-and-dry"
name = "Quiet and dry"
when = { stale = { after = "40s" } }
select = { sensors = ["inlet-1", "inlet-2"] }
not_while = [{ quantity = "water", within = "site" }]
priority = "low"
[[rule]]
id = "odd"
name = "Odd"
when = { deviation = { limit = 4, deadband = 1 } }
select = { quantities = ["temperature"] }
on_delay = "10s"
off_delay = "30s"
priority = "low"
[[rule]]
id = "damp"
name = "Damp"
when = { dew-point = { above = 15, deadband = 1 } }
select = { quantities = ["temperature"] }
off_delay = "30s"
priority = "low"
[[rule]]
id = "condenses"
name = "Condenses"
when = { dew-point = { margin = 8 } }
select = { quantities = ["temperature"] }
on_delay = "20s"
off_delay = "20s"
priority = "low"
[[rule]]
id = "envelope"
name = "Envelope"
when = { ashrae = { class = "recommended", deadband = 1 } }
select = { quantities = ["temperature"] }
on_delay = "10s"
off_delay = "50s"
priority = "low"
[[rule]]
id = "fast"
name = "Fast"
when = { rises = { by = 4, within = "5min" } }
select = { quantities = ["temperature"] }
off_delay = "1min"
priority = "low"
[[rule]]
id = "quiet"
name = "Quiet"
when = { stale = { after = "35s" } }
select = { sensors = ["inlet-0"] }
on_delay = "20s"
off_delay = "30s"
priority = "low"
"#;
