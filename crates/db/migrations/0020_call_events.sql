-- What programs are told of calls without having subscribed: who hears of a call's states, and what is still to be told to
-- addresses that a fact names itself.

-- Null: nobody hears.
alter table call add column state_update_uri text;

create table outbox_notice (
    topic text not null,
    -- The id of what it happened to.
    subject text not null,
    -- Which step of it: there is one notice for each.
    version bigint not null,
    -- In whose name it is told: a project.
    sender text not null,
    -- The server that hears it: scheme, host and port of the address.
    receiver text not null,
    address text not null,
    -- What was so then, which may have changed since; empty if it is looked up when it is told. It may name who telephones.
    text text not null,
    made_us bigint not null,
    -- When it is tried next.
    due_us bigint not null,
    attempts bigint not null,
    primary key (topic, subject, version)
);
create index outbox_notice_by_due on outbox_notice (due_us, receiver);
create index outbox_notice_by_receiver on outbox_notice (receiver, due_us);
create index outbox_notice_by_age on outbox_notice (made_us);
