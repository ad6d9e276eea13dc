-- Passwords, organisations, people of other issuers, and the applications that act for users.
-- No row holds a secret that could be used: passwords are hashed slowly, random secrets quickly, and of a service
-- account's key only the public half is here.

create table password (
    account text not null primary key references account (id) on delete cascade,
    -- The PHC string of argon2id: its cost, salt and hash.
    hash text not null,
    set_us bigint not null
);

-- By address, whether or not anybody has it, so that the limit tells nobody who has an account.
create table password_attempt (
    email_sha256 bytea not null primary key,
    attempts bigint not null,
    reset_us bigint not null
);
create index password_attempt_by_reset on password_attempt (reset_us);

create table external_identity (
    issuer text not null,
    subject text not null,
    account text not null references account (id) on delete cascade,
    create_us bigint not null,
    primary key (issuer, subject)
);
-- An address that an issuer gives to somebody new does not hand over the account of whoever had it before.
create unique index external_identity_by_account on external_identity (account, issuer);

create table organisation (
    name text not null primary key,
    shares_email bigint not null
);

create table organisation_domain (
    domain text not null primary key,
    organisation text not null references organisation (name),
    create_us bigint not null
);
create index organisation_domain_by_organisation on organisation_domain (organisation);

create table app (
    client_id text not null primary key,
    -- 1 web, 2 installed, 3 service account.
    kind bigint not null,
    name text not null,
    -- Of a service account only.
    email text unique,
    secret_sha256 bytea,
    -- A JSON array.
    redirect_uris text not null,
    create_us bigint not null
);

create table service_account_key (
    id text not null primary key,
    app text not null references app (client_id) on delete cascade,
    public_der bytea not null,
    create_us bigint not null
);
create index service_account_key_by_app on service_account_key (app);

create table delegation (
    app text not null primary key references app (client_id) on delete cascade,
    -- As in a token: full names with a space between.
    scopes text not null,
    create_us bigint not null
);

-- What a user let an application do. Everything that the application got by it hangs on this row and goes with it.
create table consent (
    account text not null references account (id) on delete cascade,
    app text not null references app (client_id) on delete cascade,
    scopes text not null,
    create_us bigint not null,
    primary key (account, app)
);
create index consent_by_app on consent (app);

create table authorization_code (
    code_sha256 bytea not null primary key,
    account text not null,
    app text not null,
    scopes text not null,
    redirect_uri text not null,
    -- Of PKCE: the SHA-256 of the verifier, in base64url.
    challenge text,
    -- Whether a refresh token is to come with the first access token.
    offline bigint not null,
    expire_us bigint not null,
    used_us bigint,
    foreign key (account, app) references consent (account, app) on delete cascade
);
create index authorization_code_by_consent on authorization_code (account, app);
create index authorization_code_by_expiry on authorization_code (expire_us);

create table refresh_token (
    token_sha256 bytea not null primary key,
    account text not null,
    app text not null,
    scopes text not null,
    -- The code that it came with: when that turns up again, one of the two was stolen.
    code_sha256 bytea not null,
    create_us bigint not null,
    foreign key (account, app) references consent (account, app) on delete cascade
);
create index refresh_token_by_consent on refresh_token (account, app, create_us);
create index refresh_token_by_code on refresh_token (code_sha256);
