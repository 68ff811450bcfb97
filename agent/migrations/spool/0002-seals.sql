-- A row knows whether it is the one that was written under its name: absent in rows of before.

alter table batch add column seal integer;
alter table meta add column seal integer;
-- Whether a collector may have heard of the stream: it was listed in a status, or a batch of it was sent. Of those of before nobody knows.
alter table stream add column told integer not null default 1;
