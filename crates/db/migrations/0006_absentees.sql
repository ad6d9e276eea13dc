-- A server holds only those who are there, for a conference may be open for a year. What the rules ask of the others is read
-- from here, a row at a time.

-- The latest end of any session so far, and the start before there is one.
alter table conference add column latest_session_end_us bigint not null default 0;
-- The latest end of the sessions that have ended, also while others are live.
alter table participant add column latest_session_end_us bigint;
-- Only conferences that are open are asked.
update conference set latest_session_end_us = coalesce(
    (select max(s.end_us) from participant_session s where s.conference = conference.id), start_us)
where end_us is null;
update participant set latest_session_end_us =
    (select max(s.end_us) from participant_session s
    where s.conference = participant.conference and s.participant = participant.id)
where conference in (select c.id from conference c where c.end_us is null);

-- Somebody without an account comes back with the secret of a session that has ended. Those of live ones are held.
create index participant_session_by_secret on participant_session (conference, secret_sha256) where end_us is not null;
-- Few: those whom hosts put out.
create index participant_put_out on participant (conference) where removed = 1;
