-- One video of all of a recorded meeting, which somebody has asked for and which is not there yet.

create table meeting_recording_composition (
    recording text not null primary key references meeting_recording (id) on delete cascade,
    -- 1: it waits or is being made, also after a restart; 2: it could not be made.
    state bigint not null,
    asked_us bigint not null
);
create index meeting_recording_composition_wanted on meeting_recording_composition (asked_us) where state = 1;
