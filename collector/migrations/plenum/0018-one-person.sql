-- One noun for a person: whoever is written to has a row here, with or without a log-in, and their addresses stand beside it. Facts name people and tokens
-- by number, so neither goes away: a token that was taken back has ended, and a person who is erased keeps the number alone. Earlier facts have
-- names, which are found here by their fingerprint; those of the site's people are learned at the next start, once.

alter table person add column full_name text;
alter table person add column logs_in integer not null default 1;
alter table person add column erased_at integer;
create table address(
    person integer not null references person (id) on delete cascade,
    kind text not null,
    address text not null,
    primary key (person, kind)
) strict, without rowid;
create table former_name(
    fingerprint blob primary key,
    person integer not null references person (id)
) strict, without rowid;
create table names_to_learn(
    id integer primary key check (id = 1)
) strict;
insert into names_to_learn select 1 where exists (select 1 from site_revision);
alter table token add column ended_at integer;
alter table acknowledge_link add column delivery integer not null default 0;
