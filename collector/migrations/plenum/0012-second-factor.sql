-- A second factor: the seed that a person's phone and this server share, and the codes for whoever has lost the phone. `form` says how the seed is
-- kept: 1 as it is.

create table second_factor(
    person integer primary key references person (id) on delete cascade,
    form integer not null,
    seed blob not null,
    used_step integer not null,
    salt blob not null,
    since integer not null
) strict;
create table recovery_code(
    person integer not null references person (id) on delete cascade,
    hash blob not null
) strict;
create index recovery_code_person on recovery_code (person);
