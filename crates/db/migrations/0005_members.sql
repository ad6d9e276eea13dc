-- A member is known by what the owner of the space gave, an address or an account, and by the other only if the owner may
-- see it. Until now both were kept of everybody. Addresses stay, as they were told already; which account belongs to one is
-- taken back, and the address alone lets its people in.
create table invited (
    space text not null references space (id),
    id text not null,
    -- Lower-cased by the writer, so that equality is the only comparison the engines need. Null for an account that does not
    -- tell its address.
    email text,
    -- Null for an address that does not tell its account, or has none.
    account text,
    -- 0 member, 1 co-host.
    role bigint not null,
    create_us bigint not null,
    primary key (space, id)
);
insert into invited (space, id, email, role, create_us) select space, id, email, role, create_us from member;
drop table member;
alter table invited rename to member;
create unique index member_email on member (space, email);
create unique index member_account on member (space, account);
create index member_newest_first on member (space, create_us desc, id desc);
-- Whoever is forgotten is no member any more.
create index member_by_email on member (email) where email is not null;
create index member_by_account on member (account) where account is not null;
