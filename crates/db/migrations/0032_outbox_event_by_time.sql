-- What happened becomes deliveries in the order in which it did, some at a time: without this each time read and sorted all that waited.
create index outbox_event_by_time on outbox_event (time_us);
