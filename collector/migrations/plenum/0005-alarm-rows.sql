-- The alarm engine's state is a row an agent and a row a series, written where it changed, in place of one text of everything.
create table alarm_agent(
    agent text primary key, state text not null
) strict, without rowid;
create table alarm_series(
    series text primary key, state text not null
) strict, without rowid;

insert into alarm_agent
    select (agent.value ->> '$.site') || '/' || (agent.value ->> '$.agent'),
        json_set(
            json_remove(agent.value, '$.series', '$.site'),
            '$.agent', (agent.value ->> '$.site') || '/' || (agent.value ->> '$.agent')
        )
    from alarm_engine, json_each(alarm_engine.snapshot, '$.agents') as agent;

insert into alarm_series
    select (agent.value ->> '$.site') || '/' || (agent.value ->> '$.agent') || '/' || (series.value ->> '$.channel'),
        json_set(
            json_remove(series.value, '$.channel'),
            '$.series',
            (agent.value ->> '$.site') || '/' || (agent.value ->> '$.agent') || '/' || (series.value ->> '$.channel')
        )
    from alarm_engine, json_each(alarm_engine.snapshot, '$.agents') as agent, json_each(agent.value, '$.series') as series;

update alarm_engine set snapshot = json_remove(snapshot, '$.alarms', '$.agents');
alter table alarm_engine rename column snapshot to head;
