-- Telephone calls as call records: how their sound flowed, and what is told of them once they are over, in versions.

-- One RTP stream of one call in one direction.
create table call_stream (
    call text not null references call (id) on delete cascade,
    ssrc bigint not null,
    -- 1 from the telephone, 2 to it.
    direction bigint not null,
    -- JSON of the sums since it began: no statement searches them.
    totals text not null,
    primary key (call, ssrc, direction)
);

-- As of conferences: 0 until the first version is published, when the latest was, and when the next is due. A call that was made out
-- of another one is in that one's record, and has none of its own.
alter table call add column version bigint not null default 0;
alter table call add column modified_us bigint;
alter table call add column due_us bigint;
update call set version = 1, modified_us = end_us where end_us is not null and originating_call is null;

create index call_published on call (create_us desc, id desc) where version > 0;
create index call_published_by_change on call (modified_us desc, id desc) where version > 0;
create index call_due on call (due_us) where due_us is not null;
create index call_by_originating_call on call (originating_call, create_us, id) where originating_call is not null;
-- Calls of the telephone network, as logs of it are read.
create index call_of_network on call (create_us, id) where transport = 1 and end_us is not null;
