-- The audit log outlives the journal that it is read from: lines in a chain of their own, each as the bytes that its hash is of; checkpoints, signed; and
-- what was begun and not ended yet.

create table audit(
    number integer primary key,
    line blob not null,
    hash blob not null
) strict;
create table audit_checkpoint(
    number integer primary key,
    at integer not null,
    hash blob not null,
    signature blob not null
) strict;
create table audit_begun(
    id integer primary key,
    audited text not null
) strict;
