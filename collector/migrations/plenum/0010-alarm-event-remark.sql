-- What the engine says beside a transition has its facts, of which each reader's sentence is made; the comment of an earlier program stays as it is.
alter table alarm_event add column remark text;
