-- Several people, each with a role and a scope; whoever was invited and has not come yet has no password. Tokens have a number of their own, a role,
-- a scope and an end.

alter table account rename to person;
alter table person add column scope text not null default '{}';
alter table person add column disabled_at integer;
alter table session rename column account to person;
create table invitation(
    person integer primary key references person (id) on delete cascade,
    fingerprint blob not null unique,
    expires_at integer not null
) strict;
create table token(
    id integer primary key autoincrement,
    fingerprint blob not null unique,
    name text not null,
    role text not null,
    scope text not null default '{}',
    created_by text not null,
    created_at integer not null,
    expires_at integer,
    used_at integer
) strict;
insert into token (fingerprint, name, role, created_by, created_at) select fingerprint, name, role, 'plenum', created_at from api_token;
drop table api_token;
