-- Telephones in meetings.

-- The digits by which a space is found from a telephone: made when they are first asked for, and never changed.
create table space_pin (
    space text not null primary key references space (id) on delete cascade,
    -- What is keyed in, by which a space is sought: the beginning of the PIN.
    keyed text not null unique,
    pin text not null
);

-- Whose session the call was in a meeting: the name of the participant session. Null is of none.
alter table call add column participant_session text;
create index call_by_participant_session on call (participant_session) where participant_session is not null;

-- As whom a registered telephone is in meetings: an account's number, made when it first is in one.
alter table sip_user add column account text;
