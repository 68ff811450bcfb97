-- What lay over an alarm before and after a transition: a shelving, a suppression, or that it was out of service.
alter table alarm_event add column source_cover text;
alter table alarm_event add column target_cover text;
