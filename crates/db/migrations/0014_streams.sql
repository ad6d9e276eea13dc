-- What the register tells of a conference once it is over, in versions: each is published at a time of its own, and everything
-- that becomes known later makes another.

-- 0 until the first is published.
alter table conference add column version bigint not null default 0;
-- When the latest version was published; null before the first.
alter table conference add column modified_us bigint;
-- When the next version is due; null while nothing is new.
alter table conference add column due_us bigint;
-- Whose meeting it was: the owner of the space. Null once that person is forgotten.
alter table conference add column organizer text;
-- The kinds of media that have flowed in it, added up: 1 audio, 2 video, 4 a shared screen.
alter table conference add column media bigint not null default 0;
update conference set
    organizer = (select nullif(s.owner, '000000000000000000000') from space s where s.id = conference.space),
    version = case when end_us is null then 0 else 1 end,
    modified_us = end_us;

-- All that is published, and what one organizer's is, by start and by what was published last.
create index conference_published on conference (start_us desc, id desc) where version > 0;
create index conference_published_by_change on conference (modified_us desc, id desc) where version > 0;
create index conference_by_organizer on conference (organizer, start_us desc, id desc) where version > 0;
create index conference_by_organizer_and_change on conference (organizer, modified_us desc, id desc) where version > 0;
-- Few: what has ended within seconds, or was reported on since.
create index conference_due on conference (due_us) where due_us is not null;

-- All sessions of a conference, the oldest first.
create index participant_session_oldest_first on participant_session (conference, start_us, id);
-- The one conference of somebody without an account.
create index participant_without_account on participant (id) where account is null;

-- How the media of sessions flowed. Each table begins with the conference and the session, so that what belongs together lies
-- together, and is read and deleted in one stretch. What this server has measured and what clients say of themselves are apart.

-- One RTP stream of one session in one direction.
create table stream (
    conference text not null references conference (id),
    session text not null,
    ssrc bigint not null,
    -- 1 uplink, 2 downlink.
    direction bigint not null,
    -- 1 audio, 2 video, 3 a shared screen.
    kind bigint not null,
    -- JSON of the sums since it began, with its first and last packet: no statement searches them.
    totals text not null,
    primary key (conference, session, ssrc, direction)
);

-- Its windows for a graph, in pieces of ten minutes. The newest piece is written anew while it grows.
create table stream_series (
    conference text not null references conference (id),
    session text not null,
    ssrc bigint not null,
    direction bigint not null,
    -- From 0 on.
    piece bigint not null,
    samples bytea not null,
    primary key (conference, session, ssrc, direction, piece)
);

-- The way that the packets of a session take, as this server sees it: the newest.
create table session_path (
    conference text not null references conference (id),
    session text not null,
    -- 1 UDP, 2 TCP.
    transport bigint not null,
    -- Socket addresses.
    theirs text not null,
    ours text not null,
    primary key (conference, session)
);

-- What its client has said of itself and of what it heard and saw: JSON of the newest report, which holds all before it.
create table session_report (
    conference text not null references conference (id),
    session text not null,
    report text not null,
    primary key (conference, session)
);

-- Who was on the way into a conference and whose transport never came up. They were never there: no participant, no session.
create table setup_failure (
    conference text not null references conference (id),
    -- The session that it would have been.
    session text not null,
    -- Null for somebody without an account, of whom nothing else is kept.
    account text,
    -- 1 full, 2 companion, 3 viewer.
    device_kind bigint not null,
    by_program bigint not null,
    start_us bigint not null,
    end_us bigint not null,
    primary key (conference, session)
);
-- Whoever is forgotten never tried.
create index setup_failure_by_account on setup_failure (account) where account is not null;
