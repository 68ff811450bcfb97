-- The tables of history.db as they were before files had versions. Files from that time have most of them already and are taken as they are:
-- hence `if not exists`, which no later migration says.

create table if not exists migration(
    version integer primary key, name text not null, program text not null
) strict;

-- Series, chunks, gaps, and what agents say of their intervals.
-- Whose journal the chunks' sealed_through counts in.
create table if not exists origin(only integer primary key check (only = 1), database text not null) strict;
create table if not exists series(
    id integer primary key, name text not null unique, first_period integer, last_period integer
) strict;
-- Keyed (period, series): period << 24 | series, so that what is sealed together lies together.
create table if not exists chunk(key integer primary key, blob blob not null) strict;
create table if not exists chunk_damaged(key integer not null, why text not null, blob blob not null) strict;
create table if not exists gap(
    number integer not null, item integer not null, agent text not null,
    from_at integer not null, to_at integer not null, why text not null,
    primary key (number, item)
) strict, without rowid;
create index if not exists gap_agent on gap(agent, to_at);
create table if not exists expected(name text primary key, interval integer not null) strict, without rowid;
