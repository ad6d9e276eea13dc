-- What SIP answered to a call in the end: to whom we called, by them, and to whoever called us, by us. 200 of a call that was taken; null if
-- nobody said anything, or if it is not known any more.
alter table call add column final_status bigint;
update call set final_status = 200 where answer_us is not null;
update call set final_status = cast(substr(error_code, 5) as bigint)
    where answer_us is null and substr(error_code, 1, 4) = 'SIP_';
