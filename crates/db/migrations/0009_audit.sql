-- Who did what, from where and when. Lines are added and never changed, but that they go when they are old, and that the
-- address of a client goes with the person whose it was. No line holds a name, a mail address or a secret: a resource name says
-- whom or what it is about.
create table audit_event (
    time_us bigint not null,
    -- Random: tells lines of one microsecond apart.
    id text not null,
    -- `users/U`, `serviceAccounts/S`, `commandLine` or `nobody`.
    actor text not null,
    -- The client id of the application that acted for them.
    app text,
    action text not null,
    -- A resource name; empty if there is none.
    subject text not null,
    detail text not null,
    -- An IP address; null at the command line.
    client text,
    -- 0 done, 1 refused.
    outcome bigint not null,
    -- How many alike the line stands for.
    times bigint not null,
    primary key (time_us, id)
);
create index audit_event_by_actor on audit_event (actor, time_us, id);
create index audit_event_by_subject on audit_event (subject, time_us, id);
