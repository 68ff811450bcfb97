-- The outbox grows for years: what waits is found channel by channel, and what is over by its age, without a look at the rest.

create index outbox_channel on outbox(channel, next_attempt, id) where state = 'waiting';
create index outbox_finished on outbox(finished) where finished is not null;
create index acknowledge_link_expires on acknowledge_link(expires);
