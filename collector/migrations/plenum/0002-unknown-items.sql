-- Journal entries with items of a later program, which this one skips: kept here when the journal lets go of them. From this version on entries
-- have a form in which an item can be skipped; programs that know only version 1 cannot read it.

create table journal_unknown(number integer primary key, blob blob not null) strict;
