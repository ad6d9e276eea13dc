-- A session starts when its transport is up, so there are no failed ones any more. Until now whoever never connected was in the
-- register, for no time.
update participant_session set end_reason = 'silent' where end_reason = 'not_connected';
alter table participant_session drop column failed;
