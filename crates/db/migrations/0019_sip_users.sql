-- Users of SIP domains: telephones that show who they are by a password, and those that may be reached where they register.

create table sip_user (
    domain text not null references sip_domain (id) on delete cascade,
    id text not null,
    -- The name of the domain, for which alone the digests are good: they are made of it.
    realm text not null,
    -- Digests of `id:realm:password` (RFC 8760), by which somebody is known. The password itself is nowhere.
    md5 bytea not null,
    sha256 bytea not null,
    create_us bigint not null,
    primary key (domain, id)
);
create index sip_user_by_domain on sip_user (domain, create_us, id);

alter table sip_domain add column allow_register bigint not null default 0;
