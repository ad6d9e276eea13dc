-- Who somebody is, for the applications that ask.

-- What the application sent with its question, by which it knows the ID token that answers it.
alter table authorization_code add column nonce text;
