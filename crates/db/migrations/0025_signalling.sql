-- What was said by SIP about calls that are over. Whoever has it knows who called whom by what, so it goes after thirty days.

create table signalling (
    call text not null primary key references call (id) on delete cascade,
    -- JSON: messages, the first first, without secrets.
    messages text not null,
    end_us bigint not null
);
create index signalling_by_end on signalling (end_us);
