-- Who may come in: settings of a space are all in `space`, members beside it; and what the register tells of entries:
-- roles, kinds of devices, who was put out.

-- The app that made it; null for a person's own doing.
alter table space add column app text;
-- How long its records are kept after their conference: null for as long as those of others, 0 for ever.
alter table space add column retention_us bigint;
-- One's own spaces, newest first.
create index space_by_owner on space (owner, create_us desc, id desc);

-- 1 full, 2 companion, 3 viewer.
alter table participant_session add column device_kind bigint not null default 1;

-- 1 host, 2 co-host, 3 contributor, 4 viewer.
alter table participant add column role bigint not null default 3;
-- Put out by a host, and not admitted again.
alter table participant add column removed bigint not null default 0;

-- The app of the space, for an app that may read only what it made.
alter table conference_reader add column app text;
create index conference_reader_by_app on conference_reader (account, app, start_us, conference) where app is not null;

create table member (
    space text not null references space (id),
    id text not null,
    -- Lower-cased by the writer, so that equality is the only comparison the engines need.
    email text not null,
    -- Null while nobody with this address has an account.
    account text,
    -- 0 member, 1 co-host.
    role bigint not null,
    create_us bigint not null,
    primary key (space, id)
);
create unique index member_email on member (space, email);
create index member_newest_first on member (space, create_us desc, id desc);
-- Whoever is forgotten is no member any more.
create index member_by_email on member (email);
create index member_by_account on member (account) where account is not null;
