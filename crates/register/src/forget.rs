//! Forgetting a person on request. That somebody was there, and from when to when, stays: totals and other people's records
//! would be false otherwise. Who it was does not stay, and neither do the bytes that said so ([`Db::scrub`](db::Db::scrub)).
//!
//! An id that tells one conference from another would still be one person's trail: so a forgotten participant gets another id
//! in each conference, made from a seed that nobody keeps.

use crate::{
    Register, RegisterError, compositions, limits::CONFERENCES_FORGOTTEN_AT_ONCE, participants::KIND_ANONYMOUS,
    recording_files,
};
use audit::renaming;
use db::Statement;
use meeting::{ConferenceId, ParticipantId, UserId};
use sha2::{Digest as _, Sha256};

/// The name under which a forgotten person stands in the register.
pub const DELETED_PERSON: &str = "Deleted person";

/// The owner of a space whose owner is forgotten: no account has this id.
pub(crate) const NOBODY: &str = "000000000000000000000";

/// Who is to be forgotten.
#[derive(Clone, Copy, Debug)]
pub enum Forgotten<'a> {
    /// A user, everywhere.
    Account {
        /// The account.
        id: &'a UserId,
        /// Its address in lower case.
        email: &'a str,
    },
    /// One participant of one conference.
    Participant {
        /// Where.
        conference: &'a ConferenceId,
        /// Who.
        participant: &'a ParticipantId,
    },
}

pub(crate) const OPEN_CONFERENCE_OF: &str = "
    select 1 from conference_reader r join conference c on c.id = r.conference
    where r.account = $1 and c.end_us is null limit 1";

pub(crate) const CONFERENCES_OF: &str = "
    select r.conference from conference_reader r join conference c on c.id = r.conference
    where r.account = $1 and c.end_us is not null
    union all select p.conference from report_person p where p.account = $1 limit $2";

pub(crate) const PARTICIPATION: &str = "
    select p.account, c.end_us from participant p join conference c on c.id = p.conference
    where p.conference = $1 and p.id = $2";

impl Register {
    /// Forgets a person, and says in how many conferences they were named. The seed must be random. Whoever is in a
    /// conference that is still held cannot be forgotten yet: [`RegisterError::StillMeeting`].
    /// [`RegisterError::StillSeen`] says that the person is, but that others keep the bytes in the files, until the next is forgotten.
    ///
    /// Spaces of a forgotten user stay for the records of those who met there, without an owner and without a code. An
    /// account and what belongs to it must have been deleted before, so that its bytes are wiped, too.
    pub async fn forget_person(&self, person: Forgotten<'_>, seed: [u8; 32]) -> Result<usize, RegisterError> {
        let conferences = match person {
            Forgotten::Account { id, email } => self.forget_account(id, email, seed).await?,
            Forgotten::Participant {
                conference,
                participant,
            } => self.forget_participant(conference, participant, seed).await?,
        };
        self.db.scrub().await?;
        Ok(conferences)
    }

    async fn forget_account(&self, id: &UserId, email: &str, seed: [u8; 32]) -> Result<usize, RegisterError> {
        let account = || vec![id.as_str().into()];
        if !self.db.read(OPEN_CONFERENCE_OF, account()).await?.is_empty() {
            return Err(RegisterError::StillMeeting);
        }
        let limit = i64::try_from(CONFERENCES_FORGOTTEN_AT_ONCE).expect("a small number");
        let mut conferences = 0;
        loop {
            let rows = self
                .db
                .read(CONFERENCES_OF, vec![id.as_str().into(), limit.into()])
                .await?;
            for row in &rows {
                let conference = ConferenceId::parse(row.text(0)?)?;
                let participant = ParticipantId::from(id);
                self.db
                    .write(forgotten(&conference, &participant, Some(id.as_str()), seed))
                    .await?;
            }
            conferences += rows.len();
            if rows.is_empty() {
                break;
            }
        }
        self.db.write(outside_of_conferences(id, email, seed)).await?;
        Ok(conferences)
    }

    async fn forget_participant(
        &self,
        conference: &ConferenceId,
        participant: &ParticipantId,
        seed: [u8; 32],
    ) -> Result<usize, RegisterError> {
        let name = vec![conference.as_str().into(), participant.as_str().into()];
        let rows = self.db.read(PARTICIPATION, name).await?;
        let row = rows.first().ok_or(RegisterError::NotFound)?;
        if row.opt_int(1)?.is_none() {
            return Err(RegisterError::StillMeeting);
        }
        let mut write = forgotten(conference, participant, row.opt_text(0)?, seed);
        write.extend(audit::forgetting_participant(conference, participant));
        self.db.write(write).await?;
        Ok(1)
    }
}

/// Takes somebody out of what is not one conference's: where they are a member, what they own, what they were told of and what they did.
pub(crate) fn outside_of_conferences(id: &UserId, email: &str, seed: [u8; 32]) -> Vec<Statement> {
    let account = || vec![id.as_str().into()];
    let statements = [
        ("delete from member where account = $1", account()),
        ("delete from member where email = $1", vec![email.into()]),
        (
            "delete from meeting_code where space in (select id from space where owner = $1)",
            account(),
        ),
        (
            "update space set owner = $2 where owner = $1",
            vec![id.as_str().into(), NOBODY.into()],
        ),
        ("delete from setup_failure where account = $1", account()),
        (
            "update meeting_recording set account = null where account = $1",
            account(),
        ),
    ];
    let mut statements = statements.map(|(sql, params)| Statement::new(sql, params)).to_vec();
    statements.extend(outbox::forgetting(id.as_str()));
    statements.extend(renaming(id, &UserId::from_random(digest(id.as_str(), seed))));
    statements
}

/// Gives one participant of one conference another id and no name, and deletes where they were and what their device said of itself.
/// What this server measured stays, for it is a part of the conference. An owner who was not there is no participant. Whoever is the
/// organizer may read, and so is found.
pub(crate) fn forgotten(
    conference: &ConferenceId,
    participant: &ParticipantId,
    account: Option<&str>,
    seed: [u8; 32],
) -> Vec<Statement> {
    let pseudonym = pseudonym(conference, seed);
    let renamed = || {
        vec![
            conference.as_str().into(),
            participant.as_str().into(),
            pseudonym.as_str().into(),
        ]
    };
    let name = || vec![conference.as_str().into(), participant.as_str().into()];
    let mut anonymous = renamed();
    anonymous.extend([KIND_ANONYMOUS.into(), DELETED_PERSON.into()]);
    let mut statements = vec![
        recording_files::removed(conference.as_str(), participant.as_str()),
        compositions::unwanted(conference.as_str(), participant.as_str()),
        Statement::new(
            "delete from session_path where conference = $1 and session in
            (select s.id from participant_session s where s.conference = $1 and s.participant = $2)",
            name(),
        ),
        Statement::new(
            "delete from session_report where conference = $1 and session in
            (select s.id from participant_session s where s.conference = $1 and s.participant = $2)",
            name(),
        ),
        Statement::new(
            "insert into participant
            (conference, id, kind, account, display_name, earliest_start_us, latest_end_us, role, removed)
            select p.conference, $3, $4, null, $5, p.earliest_start_us, p.latest_end_us, p.role, p.removed
            from participant p where p.conference = $1 and p.id = $2",
            anonymous,
        ),
        Statement::new(
            "update participant_session set participant = $3 where conference = $1 and participant = $2",
            renamed(),
        ),
        Statement::new(
            "update meeting_recording_answer set participant = $3 where participant = $2 and recording in
            (select r.id from meeting_recording r where r.conference = $1)",
            renamed(),
        ),
        Statement::new("delete from participant where conference = $1 and id = $2", name()),
    ];
    statements.extend(account.into_iter().flat_map(|account| no_account(conference, account)));
    statements
}

/// What a conference has to do with an account, as its organizer, as somebody who may read, or at its door.
fn no_account(conference: &ConferenceId, account: &str) -> [Statement; 4] {
    [
        "delete from conference_reader where conference = $1 and account = $2",
        "delete from report_person where conference = $1 and account = $2",
        "delete from setup_failure where conference = $1 and account = $2",
        "update conference set organizer = null where id = $1 and organizer = $2",
    ]
    .map(|sql| Statement::new(sql, vec![conference.as_str().into(), account.into()]))
}

fn pseudonym(conference: &ConferenceId, seed: [u8; 32]) -> ParticipantId {
    ParticipantId::from_random(digest(conference.as_str(), seed))
}

/// As good as random to whoever does not know the seed, and the same each time.
fn digest(of: &str, seed: [u8; 32]) -> [u8; 16] {
    let digest = Sha256::new().chain_update(seed).chain_update(of).finalize();
    *digest.first_chunk().expect("a digest has 32 bytes")
}
