-- How recordings of calls are kept: for how long, which of them whatever happens, when nothing was recorded, and what is heard of it.

create table recording_policy (
    project text not null primary key references project (id) on delete cascade,
    -- Null: for ever.
    retention_days bigint,
    -- 1: nothing that is recorded of the project is deleted.
    is_held bigint not null,
    -- What is said before a call is recorded, or the address of what is played; null is nothing.
    announcement text,
    -- How often a beep is heard while it is; null is never.
    beep_every_s bigint
);

alter table recording add column is_held bigint not null default 0;
-- When it was stopped; null is at the end of its call.
alter table recording add column stop_us bigint;

create table recording_pause (
    recording text not null references recording (id) on delete cascade,
    begin_us bigint not null,
    -- Null: to the end of the recording.
    end_us bigint,
    -- 1: the time is left out; 2: it is silent.
    kind bigint not null,
    primary key (recording, begin_us)
);

-- Recordings whose files nothing names, and which may still be there.
create table recording_leftover (
    id text not null primary key,
    -- When it is looked.
    due_us bigint not null
);
create index recording_leftover_by_due on recording_leftover (due_us);
insert into recording_leftover (id, due_us) select id, 0 from recording where state = 4;
