-- Reports of attendance are kept for a year, and their conferences for shorter, mostly: what has expired of a conference goes, and who was
-- there from when to when stays for its report.

-- 1 if it has expired and is there for its report alone: it is no call record any more, and nobody may read it but in the report.
alter table conference add column is_report_only bigint not null default 0;
drop index conference_by_expiry;
create index conference_by_expiry on conference (expire_us) where is_report_only = 0;
create index conference_by_end_of_report on conference (end_us) where is_report_only = 1;

-- Who stood in `conference_reader` of such a conference: they are found here to be forgotten, and stand in no list of what may be read.
create table report_person (
    account text not null,
    conference text not null references conference (id),
    primary key (account, conference)
);
create index report_person_by_conference on report_person (conference);
