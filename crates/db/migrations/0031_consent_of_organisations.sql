-- Being asked before one is recorded, as each organisation says.

-- 1: in spaces that its people own, everybody is asked; 0: they are told. The row of meeting_policy holds for all other spaces.
alter table organisation add column asks_to_record bigint not null default 0;

-- What held for everybody until now goes on for those who were there.
update organisation set asks_to_record = coalesce((select m.asks_to_record from meeting_policy m where m.id = 1), 0);
