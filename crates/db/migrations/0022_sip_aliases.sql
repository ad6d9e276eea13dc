-- Names under which calls go out to telephone systems, shared out among several and passed on where one is away.

create table sip_alias (
    domain text not null references sip_domain (id) on delete cascade,
    id text not null,
    display_name text not null,
    -- JSON: where calls go, each with a priority, a weight and whether it is in use.
    endpoints text not null,
    -- JSON: who is called where none of them can be reached, the first first.
    failover_uris text not null,
    create_us bigint not null,
    primary key (domain, id)
);
create index sip_alias_by_domain on sip_alias (domain, create_us, id);
