-- A message is about an incident: what waits for one recipient about one of them is one queue, and rows that left together name the one whose message it was.
-- An alarm that is part of no incident has one of its own: its number below zero.

alter table outbox add column incident integer not null default 0;
alter table outbox add column bundle integer;
-- Whether an attempt was made, so that it may have arrived. Until now the words of one told.
alter table outbox add column tried integer not null default 0;
update outbox set tried = message is not null;
update outbox set incident = coalesce((select max(incident) from incident_member where incident_member.alarm = outbox.alarm), -alarm);

drop index outbox_waits;
drop index outbox_channel;
create index outbox_waits on outbox(incident, channel, recipient, id) where state = 'waiting';
create index outbox_incident on outbox(incident, channel, recipient, state, id);
create index outbox_lane on outbox(channel, recipient, urgency, next_attempt, id) where state = 'waiting';
create index outbox_bundle on outbox(bundle) where bundle is not null;
create index outbox_alarm_waits on outbox(alarm) where state = 'waiting';
