-- Versions of records are published one after the other, each at a time of its own: the last of these times. Whoever publishes raises it
-- in the same write, and so holds the row until that write is seen.
create table publication (
    latest_us bigint not null
);
insert into publication (latest_us)
    select coalesce(max(modified_us), 0) from
    (select modified_us from conference union all select modified_us from call) as published;
