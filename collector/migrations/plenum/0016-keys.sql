-- The keys under which secrets are sealed, by name alone: where one was used and its file is gone, none is made in its place. And whether the free space of
-- this file may hold what lay here in clear before there were keys: the file is written anew then, once. What was turned off before that counts no more.

create table sealing_key(
    name text primary key,
    since integer not null
) strict;
create table clear_remains(
    id integer primary key check (id = 1)
) strict;
insert into clear_remains select 1 where exists (select 1 from second_factor);
