-- The highest journal number that was merged into the chunks (nothing: from before it was kept), and the number up to which no chunk's
-- sealed_through is trusted: a journal that came back from a copy, or another one, gives numbers again that the chunks know already.

alter table origin add column merged integer;
alter table origin add column distrusted integer not null default 0;
