-- What was noted since an instant, of whichever incident: a hand-over asks for it.

create index incident_note_at on incident_note(at, id);
