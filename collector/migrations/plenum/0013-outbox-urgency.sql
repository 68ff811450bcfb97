-- What is urgent leaves first: how urgent a message is stands beside it, 0 for critical, and what waits of a channel is found in that order.

alter table outbox add column urgency integer not null default 2;
update outbox set urgency = case json_extract(snapshot, '$.priority')
    when 'critical' then 0 when 'high' then 1 when 'low' then 3 else 2
end where state = 'waiting' and json_valid(snapshot);
drop index outbox_channel;
create index outbox_channel on outbox(channel, urgency, next_attempt, id) where state = 'waiting';
