-- Jobs elsewhere that say that they ran: what is known of each that the site has. `why` is what it last said of a failure.

create table heartbeat(
    id text primary key,
    placed_at integer not null,
    ran_at integer,
    started_at integer,
    failed_at integer,
    why text not null default ''
) strict, without rowid;
