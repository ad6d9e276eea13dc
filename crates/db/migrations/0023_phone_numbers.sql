-- Phone numbers that the trunk brings: whose they are, and who is asked what to do when one is called.

create table phone_number (
    id text not null primary key,
    project text not null references project (id) on delete cascade,
    -- + and digits.
    number text not null,
    display_name text not null,
    -- JSON.
    labels text not null,
    -- JSON: addresses of HTTP and of telephones, the first first.
    handler_uris text not null,
    -- As the contract numbers them: 1 disabled, 2 answer, 3 bridge.
    recording_trigger bigint not null,
    create_us bigint not null,
    delete_us bigint
);
-- A number belongs to one project at a time.
create unique index phone_number_in_use on phone_number (number) where delete_us is null;
create index phone_number_by_project on phone_number (project, create_us, id);
