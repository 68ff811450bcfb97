-- Work in progress that people announced: what is planned or goes on, which the alarm engine goes by, and what is over.

create table work(
    id integer primary key,
    is_over integer not null,
    work text not null
) strict;
create index work_open on work (id) where is_over = 0;
