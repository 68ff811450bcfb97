-- Incidents: alarms with one cause. Each knows since when none of its members stands, and which other one it turned out to be part of.

create table incident(
    id integer primary key,
    over_at integer,
    part_of integer,
    incident text not null
) strict;
create index incident_over on incident (over_at, id);

create table incident_member(
    incident integer not null references incident (id),
    alarm integer not null,
    member text not null,
    primary key (incident, alarm)
) strict, without rowid;
create index incident_member_alarm on incident_member (alarm, incident);
