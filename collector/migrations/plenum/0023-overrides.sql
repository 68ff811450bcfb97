-- Overrides of rotas that people make: who stands in for whom, and who made it. One that is taken back before it begins counts for nothing; one that had
-- begun ends then, so that who was on duty stays as it was. And the feeds of people's duties: a calendar program fetches one by a secret in its address.

create table duty_override(
    id integer primary key autoincrement,
    rota text not null,
    person text not null,
    from_at integer not null,
    to_at integer not null,
    why text not null,
    made_by text not null,
    made_at integer not null,
    taken_back_at integer
) strict;
create index duty_override_to on duty_override (to_at) where taken_back_at is null;

create table duty_feed(
    person integer primary key references person (id) on delete cascade,
    fingerprint blob not null unique,
    made_at integer not null,
    used_at integer
) strict;
