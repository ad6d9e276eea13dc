-- Which server serves this database: whoever takes it over counts up, and every write of a server is made under its number. And
-- how often somebody asked whether the database takes writes, by one.
create table lease (
    epoch bigint not null,
    pings bigint not null
);
insert into lease (epoch, pings) values (0, 0);
