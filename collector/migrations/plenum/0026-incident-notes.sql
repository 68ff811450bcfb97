-- What people write about an incident. The notes of one that turned out to be part of another are that one's.

create table incident_note(
    id integer primary key autoincrement,
    incident integer not null,
    at integer not null,
    made_by text not null,
    text text not null
) strict;
create index incident_note_incident on incident_note(incident, at, id);
