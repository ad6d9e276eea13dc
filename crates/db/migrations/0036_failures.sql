-- Why somebody did not come in, and what cut off a telephone call that was up.

-- 1 no connection came about, 2 none that is secure, 3 no room, 4 sent away, 5 nobody answered the knock. Until now only the first was
-- written.
alter table setup_failure add column obstacle bigint not null default 1;

-- 1 nothing was heard, 2 the other side was gone, 3 the server died, 4 it was stopped. Null if somebody meant the call to end.
alter table call add column cut_off bigint;
