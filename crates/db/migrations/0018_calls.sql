-- Telephone calls: who may call in, what became of each call, and what was recorded of it.

create table sip_domain (
    -- What the contract calls its id: the first label of its name, unique in the installation, and never used again.
    id text not null primary key,
    project text not null references project (id) on delete cascade,
    display_name text not null,
    -- As the contract numbers them: 1 disabled, 3 programmable.
    termination_mode bigint not null,
    -- JSON: addresses of handlers, the first first.
    handler_uris text not null,
    -- JSON: blocks of addresses, each with a name.
    cidr_blocks text not null,
    -- JSON: what is recorded of its calls; null is nothing.
    recording text,
    create_us bigint not null,
    delete_us bigint
);
create index sip_domain_by_project on sip_domain (project, create_us, id);

create table call (
    id text not null primary key,
    project text not null references project (id) on delete cascade,
    to_address text not null,
    -- Null: the caller withheld it.
    from_address text,
    is_private bigint not null,
    -- JSON.
    labels text not null,
    -- As the contract numbers them.
    direction bigint not null,
    state bigint not null,
    create_method bigint not null,
    transport bigint not null,
    error_code text,
    error_message text,
    create_us bigint not null,
    start_us bigint,
    ring_us bigint,
    answer_us bigint,
    end_us bigint,
    -- The last sign of life, while it has no end.
    alive_us bigint not null,
    sip_call_id text
);
create index call_by_project on call (project, create_us, id);
create index call_open on call (alive_us) where end_us is null;

create table recording (
    id text not null primary key,
    project text not null references project (id) on delete cascade,
    call text not null references call (id) on delete cascade,
    -- As the contract numbers them.
    state bigint not null,
    source bigint not null,
    error_code bigint,
    trims_silence bigint not null,
    channels bigint not null,
    -- Of what is kept.
    duration_ms bigint,
    wav_bytes bigint,
    wav_sha256 bytea,
    mp3_bytes bigint,
    mp3_sha256 bytea,
    start_us bigint,
    create_us bigint not null,
    ready_uri text
);
create index recording_by_project on recording (project, create_us, id);
create index recording_by_call on recording (call, create_us, id);
create index recording_pending on recording (create_us) where state = 1;
