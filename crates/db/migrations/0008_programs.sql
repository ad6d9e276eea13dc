-- Who came themselves, and as whom a program came.

-- A program came as the participant, by a credential that was made for it. Of sessions from before, nobody knows.
alter table participant_session add column by_program bigint not null default 0;
