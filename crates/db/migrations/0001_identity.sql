-- Who may sign in, the keys that sign tokens, and the secrets that stand for a signed-in person.
-- Secrets are kept as SHA-256 only: whoever reads this database can impersonate nobody.

create table account (
    id text not null primary key,
    -- Lower-cased by the writer, so that equality is the only comparison the engines need.
    email text not null unique,
    display_name text not null,
    administrator bigint not null,
    create_us bigint not null
);

create table signing_key (
    id text not null primary key,
    algorithm text not null,
    private_der bytea not null,
    public_der bytea not null,
    create_us bigint not null
);

create table sign_in_link (
    secret_sha256 bytea not null primary key,
    account text not null references account (id),
    expire_us bigint not null,
    used_us bigint
);

create table web_session (
    secret_sha256 bytea not null primary key,
    account text not null references account (id),
    create_us bigint not null,
    expire_us bigint not null
);
