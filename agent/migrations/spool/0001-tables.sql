-- The tables of the spool as they were before files had versions. Files from that time have them already and are taken as they are:
-- hence `if not exists`, which no later migration says.

create table if not exists migration(
    version integer primary key, name text not null, program text not null
) strict;

-- `clean`, `start`, `database`: whether the last run ended in order, how many starts there were, which collector is followed.
create table if not exists meta(key text primary key, value any) strict, without rowid;
-- Each boot in which this spool was written; offset (ms) makes a wall clock of its boot clock, once it was synchronised.
create table if not exists boot(number integer primary key, id text not null unique, offset integer) strict;
-- last: the highest seq ever spooled; through: acknowledged up to here; latest: the newest instant by a synchronised clock.
create table if not exists stream(
    number integer primary key, id text not null unique, urgent integer not null,
    last integer not null, through integer not null, latest integer
) strict;
create table if not exists batch(
    number integer primary key, stream integer not null, seq integer not null,
    boot integer not null, boot_clock integer not null, wall integer not null, synchronised integer not null,
    count integer not null, from_at integer not null, to_at integer not null, bytes integer not null,
    records blob not null, unique(stream, seq)
) strict;
-- When which part of a stream was acknowledged; at is absent while the clock is free.
create table if not exists acknowledged(
    stream integer not null, through integer not null, at integer, primary key(stream, through)
) strict, without rowid;
-- What went of a stream before it was acknowledged, joined; from_at and to_at are absent where no clock knew them.
create table if not exists loss(
    stream integer primary key, first integer not null, last integer not null, count integer not null,
    from_at integer, to_at integer, why text not null
) strict;
create table if not exists command(number integer primary key, id text not null unique) strict;
