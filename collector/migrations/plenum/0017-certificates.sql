-- The authority that vouches for agents, with its key sealed (collector/src/database/keys), and the enrolments of agents. One begins with a code, of which the hash
-- lies here until it is used, and is in force from then on until it is ended: revoked, or because the agent joined anew. Certificates carry its number.

create table authority(
    id integer primary key check (id = 1),
    certificate blob not null,
    key blob not null,
    made_at integer not null
) strict;
create table enrolment(
    number integer primary key autoincrement,
    site text not null,
    agent text not null,
    code blob unique,
    code_until integer not null,
    tries integer not null default 0,
    begun_at integer not null,
    joined_at integer,
    certificate_until integer,
    ended_at integer
) strict;
create index enrolment_by_agent on enrolment(site, agent);
