-- What SIP answered to a call in the end: to whom we called, by them, and to whoever called us, by us. 200 of a call that was taken; null if
-- nobody said anything, or if it is not known any more.
alter table call add column final_status bigint;
update call set final_status = 200 where answer_us is not null;
update call set final_status = cast(substr(error_code, 5) as bigint)
    where answer_us is null and substr(error_code, 1, 4) = 'SIP_';

-- Which kinds of media came from telephones in a call and in those that were made out of it, as of conferences: 1 sound. So a record and its
-- session say the same.
alter table call add column media bigint not null default 0;
update call set media = 1 where exists (select 1 from call l join call_stream t on t.call = l.id
    where (l.id = call.id or l.originating_call = call.id) and t.direction = 1 and replace(t.totals, '"codec":', '') <> t.totals);
