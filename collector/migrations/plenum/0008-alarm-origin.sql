-- A transition has the facts that its alarm was raised by, of which each reader's sentence is made; the comment of an earlier program stays as it is.
alter table alarm_event add column origin text;
