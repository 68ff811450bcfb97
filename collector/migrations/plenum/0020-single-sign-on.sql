-- Who comes by single sign-on: a person of one issuer and subject, who has no password here. Their sessions end by themselves, and know whether a second
-- factor was shown to the provider.

create table sign_on(
    person integer primary key references person (id) on delete cascade,
    issuer text not null,
    subject text not null,
    signed_on_at integer not null,
    unique (issuer, subject)
) strict;
alter table session add column ends_at integer;
alter table session add column second_factor_shown integer not null default 0;
