-- Calls that are made from here, by programs and out of other calls.

alter table call add column originating_call text;
alter table call add column bridged bigint not null default 0;
