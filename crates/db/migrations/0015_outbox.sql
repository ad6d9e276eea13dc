-- What happened, for those who asked to be told; who asked; and what each of them is still to be told. An event is written with
-- its fact and stays until it is known who is to be told, a delivery until it is told or given up. People stand here by
-- their ids alone.

create table outbox_event (
    topic text not null,
    -- The id of what it happened to.
    subject text not null,
    -- From 1 on: there is one event for each version.
    version bigint not null,
    -- Whose it is: the account that hears of it beside those who hear of all.
    account text,
    time_us bigint not null,
    primary key (topic, subject, version)
);

create table outbox_subscription (
    id text not null primary key,
    topic text not null,
    -- Which contract it was made by, in whose words it is told.
    contract text not null,
    -- `users/U` or `serviceAccounts/S`.
    owner text not null,
    -- It hears only of what is this account's; null hears of all.
    account text,
    -- 1 if it hears of first versions alone.
    first_only bigint not null,
    -- Where it is told what happened.
    address text not null,
    -- Where it is told what becomes of itself; null if it is not.
    lifecycle_address text,
    -- JSON that its contract alone reads.
    terms text not null,
    create_us bigint not null,
    expire_us bigint not null,
    -- When its owner is reminded that it expires; null if they are not, or were.
    remind_us bigint,
    -- 1 if it was taken away: it is in no list, and stays until its owner was told.
    removed bigint not null
);
create index outbox_subscription_by_owner on outbox_subscription (owner, id);
create index outbox_subscription_by_expiry on outbox_subscription (expire_us);
create index outbox_subscription_by_reminder on outbox_subscription (remind_us) where remind_us is not null;

create table outbox_delivery (
    subscription text not null references outbox_subscription (id) on delete cascade,
    -- 1 a version, 2 that it expires soon, 3 that it missed something, 4 that it was taken away.
    kind bigint not null,
    -- Of the event; empty and 0 for what becomes of the subscription itself, which is owed once.
    subject text not null,
    version bigint not null,
    made_us bigint not null,
    -- When it is tried next.
    due_us bigint not null,
    attempts bigint not null,
    primary key (subscription, kind, subject, version)
);
create index outbox_delivery_by_due on outbox_delivery (subscription, due_us);
create index outbox_delivery_by_age on outbox_delivery (made_us);
