-- Projects: whose calls and recordings are, who may do what with them, and by which key what a project sends is signed.

create table project (
    id text not null primary key,
    name text not null,
    create_us bigint not null,
    -- 64 bytes. Whoever receives something from a project checks it by this, so it has to be shown.
    signing_key bytea not null
);

create table project_member (
    project text not null references project (id) on delete cascade,
    -- `users/U` or `serviceAccounts/S`.
    member text not null,
    -- 1 sees, 2 changes as well, 3 manages as well.
    role bigint not null,
    create_us bigint not null,
    primary key (project, member)
);
create index project_member_by_member on project_member (member);
