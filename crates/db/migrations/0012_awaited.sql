-- Whoever was cut off, by silence, by a crash or by an announced restart, is awaited until then; whoever has been back since is
-- not. The column is read of open conferences alone.
alter table participant add column return_until_us bigint;
-- Few: those who were cut off within half a minute.
create index participant_awaited on participant (conference) where return_until_us is not null;
