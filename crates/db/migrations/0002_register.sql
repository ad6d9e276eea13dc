-- The register: spaces, and who was in which conference from when to when.
-- Accounts are named here by id only and not referenced: the register outlives them.

create table space (
    id text not null primary key,
    owner text not null,
    access_type bigint not null,
    entry_point_access bigint not null,
    -- JSON of the settings that no statement searches.
    config text not null,
    create_us bigint not null
);

-- A code is a row of its own because it may lapse and pass to another space.
create table meeting_code (
    code text not null primary key,
    space text not null references space (id),
    last_used_us bigint not null
);
-- A space has one code at most.
create unique index meeting_code_by_space on meeting_code (space);

create table conference (
    id text not null primary key,
    space text not null references space (id),
    start_us bigint not null,
    end_us bigint,
    expire_us bigint not null,
    end_reason text
);
-- At most one active conference per space: the rule is the index.
create unique index conference_active on conference (space) where end_us is null;
-- A space that wakes up asks for its latest conference.
create index conference_newest_first on conference (space, start_us desc, id desc);
create index conference_by_expiry on conference (expire_us);

create table participant (
    conference text not null references conference (id),
    id text not null,
    -- 1 signed-in user, 2 anonymous user, 3 phone user.
    kind bigint not null,
    account text,
    display_name text not null,
    earliest_start_us bigint not null,
    -- Null while any session is live.
    latest_end_us bigint,
    primary key (conference, id)
);
create index participant_newest_first on participant (conference, earliest_start_us desc, id desc);

create table participant_session (
    id text not null primary key,
    conference text not null,
    participant text not null,
    start_us bigint not null,
    end_us bigint,
    -- Null until its media is connected.
    last_sign_of_life_us bigint,
    secret_sha256 bytea not null,
    end_reason text,
    failed bigint not null,
    foreign key (conference, participant) references participant (conference, id)
);
create index participant_session_newest_first on participant_session (conference, participant, start_us desc, id desc);
-- A restarted server looks for the sessions it left open: few, among millions.
create index participant_session_open on participant_session (conference) where end_us is null;

-- Who may read which conference, one row per reader, in the order of the list: page 1,000 costs what page 1 costs.
create table conference_reader (
    account text not null,
    -- The space of the conference: most callers ask for one space.
    space text not null,
    start_us bigint not null,
    conference text not null references conference (id),
    primary key (account, start_us, conference)
);
create index conference_reader_by_space on conference_reader (account, space, start_us, conference);
create index conference_reader_by_conference on conference_reader (conference);
