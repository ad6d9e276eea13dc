-- Daemons: applications that act by roles of their own, as Graph's contract has them; and the tenant, by which its clients name an
-- installation.

create table tenant (
    -- There is one.
    number bigint not null primary key,
    id text not null
);

-- Of a daemon, which is of kind 4: names with a space between.
alter table app add column roles text;

create table daemon_credential (
    app text not null references app (client_id) on delete cascade,
    -- Of a certificate its SHA-256, in hexadecimal digits.
    id text not null,
    -- 1 secret, 2 certificate.
    kind bigint not null,
    create_us bigint not null,
    -- Null: until it is deleted.
    expire_us bigint,
    secret_sha256 bytea,
    certificate_sha1 bytea,
    -- Of a certificate: its RSA key, and from when on it is valid.
    public_der bytea,
    start_us bigint,
    primary key (app, id)
);
