-- Recordings of conferences: the rows beside the files that the recorder keeps.

create table meeting_recording (
    id text not null primary key,
    conference text not null references conference (id),
    -- 1 goes on, 2 is over and its files are being made, 3 its files are there, 4 there are none.
    state bigint not null,
    start_us bigint not null,
    end_us bigint,
    end_reason text,
    -- Who began it; null: it began by itself.
    account text,
    -- 1: it is paused, or was when it ended.
    is_paused bigint not null,
    -- The latest time at which it began, was paused or went on: it ends no earlier.
    latest_us bigint not null,
    -- 1: it is under a legal hold, and is not deleted.
    is_held bigint not null
);
-- One at a time: the rule is the index.
create unique index meeting_recording_going_on on meeting_recording (conference) where end_us is null;
create index meeting_recording_by_conference on meeting_recording (conference, start_us, id);
create index meeting_recording_unfinished on meeting_recording (start_us) where state = 2;
create index meeting_recording_held on meeting_recording (conference) where is_held = 1;

create table meeting_recording_pause (
    recording text not null references meeting_recording (id) on delete cascade,
    begin_us bigint not null,
    -- Null: until now.
    end_us bigint,
    primary key (recording, begin_us)
);

create table meeting_recording_file (
    recording text not null references meeting_recording (id) on delete cascade,
    name text not null,
    media_type text not null,
    size_bytes bigint not null,
    sha256 bytea not null,
    -- Null: it is of everybody.
    session text,
    -- `microphone`, `camera` or `screen`.
    source text,
    start_us bigint not null,
    duration_us bigint not null,
    primary key (recording, name)
);

-- Recordings whose files no row names, and which may still be there.
create table meeting_recording_leftover (
    id text not null primary key,
    -- When it is looked.
    due_us bigint not null
);
create index meeting_recording_leftover_by_due on meeting_recording_leftover (due_us);

-- Sessions of somebody who is forgotten: what was recorded of them goes, and what was mixed is made anew.
create table meeting_recording_removal (
    recording text not null references meeting_recording (id) on delete cascade,
    session text not null,
    primary key (recording, session)
);
