-- When an agent last listed a stream, in ms since 1970: rows of streams go 14 days after that.
alter table stream add column listed integer;
-- Other collectors' databases that the site's people have settled: what their acknowledgements say no longer silences this one.
create table settled_database(
    site text not null, agent text not null, database text not null, at integer not null,
    primary key (site, agent, database)
) strict, without rowid;
-- The last part of the topic that a dead letter came on; they were packs of readings until statuses became dead letters, too.
alter table dead_letter add column kind text not null default 'readings';
