-- Whom a call was led to by an alias: who is reached so is forgotten by their own address.

-- JSON: addresses, the first first. Null: nobody but whom the call names.
alter table call add column tried text;
