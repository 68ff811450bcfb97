-- The authority may be two at a time: a new one signs for agents while the broker still shows certificates of the old one, until every agent believes both. An
-- enrolment remembers which of them signed its newest certificate, and why it was revoked.

create table authority_new(
    number integer primary key autoincrement,
    certificate blob not null,
    key blob not null,
    made_at integer not null
) strict;
insert into authority_new(number, certificate, key, made_at) select id, certificate, key, made_at from authority;
drop table authority;
alter table authority_new rename to authority;
alter table enrolment add column authority integer not null default 1;
alter table enrolment add column reason text;
