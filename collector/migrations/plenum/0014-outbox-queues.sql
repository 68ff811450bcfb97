-- What one recipient was told of one alarm is found without a look at whatever else that alarm ever caused, and so is what waits for them.

create index outbox_queue on outbox(alarm, channel, recipient, id);
create index outbox_waits on outbox(alarm, channel, recipient, id) where state = 'waiting';

-- Who cannot be reached is a condition that is remembered like the others: until now it was known to the journal and its alarm alone.
insert or ignore into system_condition(kind, subject, at, detail)
select 'delivery-failed', json_extract(alarm, '$.subject.system'), coalesce(unixepoch(json_extract(alarm, '$.raised_at')) * 1000, 0), ''
from alarm
where state like 'active-%' and json_valid(alarm) and json_extract(alarm, '$.rule') = 'delivery-failed'
    and json_extract(alarm, '$.subject.system') is not null;
