-- How an alarm stood at an instant, for figures of any period: without walking over all that happened to it since.
create index alarm_event_instant on alarm_event(alarm, at, id);
