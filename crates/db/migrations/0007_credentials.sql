-- How credentials end: with a new password, by lying unused, by being used twice.

-- Tokens of one's own that were issued before this are refused.
alter table account add column tokens_from_us bigint not null default 0;

-- Whether the browser signed in without the password, which its person may have forgotten.
alter table web_session add column without_password bigint not null default 0;

-- One that lies unused ends. One that was given to an app without a secret is followed by another at each use: both are
-- good until the later one is used. Every one in the line begins with the same half, by which one that comes too late is known.
alter table refresh_token add column use_us bigint not null default 0;
alter table refresh_token add column line_sha256 bytea;
alter table refresh_token add column next_sha256 bytea;
alter table refresh_token add column next_us bigint;
update refresh_token set use_us = create_us;
create unique index refresh_token_by_line on refresh_token (line_sha256);
create unique index refresh_token_by_next on refresh_token (next_sha256);
create index refresh_token_by_use on refresh_token (use_us);

-- Assertions that named themselves, until they expire.
create table used_assertion (
    -- Of the service account and the name.
    name_sha256 bytea not null primary key,
    expire_us bigint not null
);
create index used_assertion_by_expiry on used_assertion (expire_us);
