-- By which kind of channel a message leaves. Until now its recipient told, since there were two: a person for e-mail, the channel itself for a webhook.

alter table outbox add column kind text not null default '';
update outbox set kind = case when recipient = channel then 'webhook' else 'email' end;
