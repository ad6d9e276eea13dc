-- Whether there is a report of attendance is said by the setting that holds when a conference ends, and stays so.

-- 1 if the owner of the space wants reports, 2 if not: a column of its own, since conferences that end ask for it.
alter table space add column attendance_report bigint not null default 2;
update space set attendance_report = 1 where replace(config, '"attendance_report_generation_type":1', '') <> config;
-- As the space had it in the end; null while it is held. Of those that are over nothing else is known than what holds now.
alter table conference add column attendance_report bigint;
update conference set attendance_report = (select s.attendance_report from space s where s.id = conference.space)
    where end_us is not null;

create index conference_with_report on conference (space, start_us desc, id desc) where attendance_report = 1;
