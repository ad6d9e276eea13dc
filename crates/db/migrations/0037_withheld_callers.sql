-- What was said by SIP about calls named their callers, those too who withhold who they are: of theirs, what is kept goes.

delete from signalling where call in (select id from call where direction = 2 and is_private = 1);
