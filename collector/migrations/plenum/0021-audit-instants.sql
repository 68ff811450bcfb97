-- Who saw what between two instants is asked after an incident, of a log that goes back for ever. The instant stands in the line, whose bytes are hashed: the index reads it there,
-- so that it cannot say anything else; a line that cannot be read any more has none.

create index audit_at on audit(case when json_valid(cast(line as text)) then json_extract(cast(line as text), '$.at') end, number);
