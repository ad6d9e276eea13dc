-- Somebody is forgotten along indexes, and not by reading all conferences and all recordings.

create index meeting_recording_by_account on meeting_recording (account) where account is not null;
-- Whoever is the organizer may read, so their conferences are found by that. One who was forgotten in one conference alone stayed
-- its organizer until now.
update conference set organizer = null where organizer is not null and not exists
    (select 1 from conference_reader r where r.account = conference.organizer
    and r.start_us = conference.start_us and r.conference = conference.id);
