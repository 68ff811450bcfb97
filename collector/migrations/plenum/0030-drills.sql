-- Drills of the alarm chain: a row each that was held, is held or was missed, and of each drill of the site up to which instant that is settled.

create table drill_run(
    id integer primary key,
    began integer not null,
    is_over integer not null,
    run text not null
) strict;
create index drill_run_open on drill_run (id) where is_over = 0;
create index drill_run_began on drill_run (began);

create table drill(
    id text primary key,
    planned text not null,
    settled integer not null
) strict, without rowid;
