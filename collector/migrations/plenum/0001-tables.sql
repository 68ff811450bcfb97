-- The tables of plenum.db as they were before files had versions. Files from that time have most of them already and are taken as they are:
-- hence `if not exists`, which no later migration says.

create table if not exists migration(
    version integer primary key, name text not null, program text not null
) strict;

-- The journal: entries, where the chain begins, where it was broken, what was found damaged, and who has read how far.
create table if not exists journal(number integer primary key, blob blob not null) strict;
-- The last entry that was deleted: the chain goes on from its hash.
create table if not exists journal_base(
    only integer primary key check (only = 1), number integer not null, hash blob not null
) strict;
-- The first number after a hole that is known and was reported; the hash it continues from, if there is one.
-- Number 0 stands for the condition `journal-shortened` while it holds.
create table if not exists journal_break(number integer primary key, hash blob) strict;
create table if not exists journal_damaged(number integer not null, why text not null, blob blob not null) strict;
create table if not exists journal_reader(
    name text primary key, number integer not null, bounded integer not null
) strict, without rowid;

-- Intake: identity of this database, streams, agents, active conditions of the monitor itself, and dead letters.
create table if not exists identity(
    only integer primary key check (only = 1), database text not null, follows text not null
) strict;
create table if not exists stream(
    site text not null, agent text not null, stream text not null,
    through integer not null, seen integer not null, start integer, last_at integer,
    primary key (site, agent, stream)
) strict, without rowid;
create table if not exists agent(
    site text not null, agent text not null, online integer not null, connection integer not null,
    status text, received integer not null,
    primary key (site, agent)
) strict, without rowid;
create table if not exists system_condition(
    kind text not null, subject text not null, at integer not null, detail text not null,
    primary key (kind, subject)
) strict, without rowid;
create table if not exists dead_letter(
    id integer primary key autoincrement, site text not null, agent text not null, stream text, seq integer,
    received integer not null, reason text not null, whole integer not null, payload blob not null
) strict;
create index if not exists dead_letter_agent on dead_letter(site, agent);

-- Revisions of site.toml.
create table if not exists site_revision(
    number integer primary key, at integer not null, author text not null, comment text not null,
    text text not null, hash text not null, entry integer not null
) strict;

-- Alarms as they stand, the log of their transitions, and the engine's state.
create table if not exists alarm(
    id integer primary key, state text not null, alarm text not null
) strict;
create table if not exists alarm_event(
    id integer primary key autoincrement, at integer not null, alarm integer not null,
    source text not null, target text not null, cause text not null, actor text not null, comment text not null
) strict;
create index if not exists alarm_event_at on alarm_event(at, id);
create index if not exists alarm_event_alarm on alarm_event(alarm, id);
create table if not exists alarm_engine(
    one integer primary key check (one = 1), snapshot text not null
) strict;

-- Messages: a row an intended delivery, and what the links in them stand for.
create table if not exists outbox(
    id integer primary key autoincrement,
    created integer not null,
    alarm integer not null,
    channel text not null,
    recipient text not null,
    reason text not null,
    snapshot text not null,
    key text not null unique,
    state text not null default 'waiting',
    attempts integer not null default 0,
    next_attempt integer not null,
    message text,
    error text,
    finished integer
) strict;
create index if not exists outbox_due on outbox(next_attempt) where state = 'waiting';
create index if not exists outbox_alarm on outbox(alarm, created);
create table if not exists acknowledge_link(
    hash blob primary key,
    alarm integer not null,
    raised integer not null,
    person text not null,
    expires integer not null
) strict;

-- Who may look and act.
create table if not exists account(
    id integer primary key,
    name text not null unique collate nocase,
    role text not null,
    password text not null,
    created_at integer not null
) strict;
create table if not exists session(
    fingerprint blob primary key,
    account integer not null references account (id) on delete cascade,
    begun_at integer not null,
    used_at integer not null
) strict, without rowid;
create table if not exists api_token(
    fingerprint blob primary key,
    name text not null,
    role text not null,
    created_at integer not null
) strict, without rowid;
create table if not exists first_link(
    only integer primary key check (only = 1),
    fingerprint blob not null,
    expires_at integer not null
) strict;
