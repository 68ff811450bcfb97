-- Whom an incident's ladder has reached: a row a call that is under way, with when its next step is due, and what happened to each.

create table call(
    incident integer primary key,
    due integer,
    call text not null
) strict;
create index call_due on call (due) where due is not null;

create table call_event(
    id integer primary key,
    incident integer not null,
    at integer not null,
    event text not null
) strict;
create index call_event_incident on call_event (incident, id);
create index call_event_at on call_event (at);
