-- What was expected of each series, with the instant of each change, so that the past is judged by what was expected then. What stood in
-- `expected` had no instant: it holds for ever before the first change. `said_at`: when it was said, which is later than `from_at` where nothing was
-- read yet. An interval of nothing: it is not expected any more.

create table expectation(
    name text not null, from_at integer not null, said_at integer, interval integer, why integer,
    primary key (name, from_at)
) strict, without rowid;
insert into expectation select name, -9223372036854775808, null, interval, 1 from expected where interval > 0;
drop table expected;
