-- Being asked before one is recorded in a meeting.

-- What holds for all meetings of the installation: one row, and none before anybody has said anything.
create table meeting_policy (
    id bigint not null primary key check (id = 1),
    -- 1: people are asked, and nothing is recorded of whoever has not agreed; 0: they are told.
    asks_to_record bigint not null
);

-- 1: it asks. What was said of that when it began holds to its end.
alter table meeting_recording add column asks bigint not null default 0;

-- What people have said to a recording that asks. Who leaves takes their answer along: it holds for the sessions that ran then.
create table meeting_recording_answer (
    recording text not null references meeting_recording (id) on delete cascade,
    participant text not null,
    at_us bigint not null,
    agrees bigint not null,
    primary key (recording, participant, at_us)
);
