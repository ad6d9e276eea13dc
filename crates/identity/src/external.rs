//! People whom another issuer vouches for.
//!
//! An issuer's `subject` is a person for ever, an e-mail address is not. So the address counts once, to find the account
//! that an administrator has made for it; from then on the subject does. Only a verified address counts, or anybody
//! could type an administrator's into their profile at an issuer that does not check. And only one of a domain for which
//! the issuer may speak: an issuer that is open to all verifies addresses of any domain, by its own idea of verifying.

use audit::{Action, Actor, By};
use db::Statement;
use meeting::{DisplayName, UserId};

use crate::{
    AccountError, Identity, NewUser, SignInError, SignInFault, User, WebSession,
    accounts::{USER_COLUMNS, insert, new_user, user_of},
    sign_in::SignedInBy,
};

/// What a verified ID token says of somebody.
#[derive(Debug, Clone, Copy)]
pub struct ExternalPerson<'a> {
    /// The issuer's URL.
    pub issuer: &'a str,
    /// Who it is there: never reassigned.
    pub subject: &'a str,
    /// The address that the issuer has of them.
    pub email: Option<&'a str>,
    /// Whether the issuer has seen that mail reaches them there.
    pub email_verified: bool,
    /// How they are called there.
    pub name: Option<&'a str>,
}

/// Whom an issuer may introduce: make known here as the person of their address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Introductions {
    /// Domains of addresses; `*` is every one, but not for an administrator's account.
    pub domains: Vec<String>,
    /// Whether somebody who has no account gets one.
    pub create_accounts: bool,
}

impl Introductions {
    /// Whether the issuer may speak for this address by its domain's own name.
    fn names(&self, email: &str) -> bool {
        let domain = email.rsplit_once('@').map_or("", |(_, domain)| domain);
        self.domains.iter().any(|named| named.eq_ignore_ascii_case(domain))
    }

    fn names_all(&self) -> bool {
        self.domains.iter().any(|named| named == "*")
    }
}

impl Identity {
    /// Signs in somebody whom an issuer vouches for: the account that they signed in to before, or the one of their
    /// verified address, or a new one, as far as the issuer may introduce them.
    pub async fn sign_in_external(
        &self,
        person: &ExternalPerson<'_>,
        introductions: &Introductions,
        by: &By,
    ) -> Result<WebSession, SignInError> {
        let outcome = self.let_in(person, introductions, by).await;
        if let Err(SignInError::Refused(fault)) = &outcome {
            let detail = fault.to_string();
            self.log.refused(by, Action::SignInByProvider, "", &detail).await?;
        }
        outcome
    }

    async fn let_in(
        &self,
        person: &ExternalPerson<'_>,
        introductions: &Introductions,
        by: &By,
    ) -> Result<WebSession, SignInError> {
        // Twice, because the same person may be signing in from another browser at the same time.
        for _ in 0..2 {
            let (user, introduction) = match self.linked_user(person).await? {
                Some(user) => (user, vec![]),
                None => self.introduce(person, introductions, by).await?,
            };
            let session = WebSession::new(user, SignedInBy::Issuer, by.now_us);
            let opening = session.opening(Action::SignInByProvider, "", by);
            let write = introduction.into_iter().chain(opening).collect();
            match self.db.write(write).await {
                Ok(()) => return Ok(session),
                Err(error) if error.is_conflict() => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(SignInError::Refused(SignInFault::OtherPerson))
    }

    /// Forgets by which issuers a user signs in; for when one of them gave an address to somebody new.
    pub async fn forget_external_identities(&self, user: &UserId, by: &By) -> Result<(), SignInError> {
        let delete = Statement::new(
            "delete from external_identity where account = $1",
            vec![user.as_str().into()],
        );
        let line = by.did(Action::ProviderUnlink, &format!("users/{user}"), "");
        Ok(self.db.write(vec![delete, line]).await?)
    }

    async fn linked_user(&self, person: &ExternalPerson<'_>) -> Result<Option<User>, db::Error> {
        let sql = format!(
            "select {USER_COLUMNS} from external_identity e join account on account.id = e.account
             where e.issuer = $1 and e.subject = $2"
        );
        let rows = self
            .db
            .read(&sql, vec![person.issuer.into(), person.subject.into()])
            .await?;
        rows.first().map(user_of).transpose()
    }

    /// The account of somebody who comes for the first time, and the statements that make it theirs.
    async fn introduce(
        &self,
        person: &ExternalPerson<'_>,
        introductions: &Introductions,
        by: &By,
    ) -> Result<(User, Vec<Statement>), SignInError> {
        let refused = |fault| Err(SignInError::Refused(fault));
        let Some(email) = person.email.filter(|_| person.email_verified) else {
            return refused(SignInFault::EmailNotVerified);
        };
        let is_named = introductions.names(email);
        if !is_named && !introductions.names_all() {
            return refused(SignInFault::OtherDomain);
        }
        let link = |user: &User| {
            Statement::new(
                "insert into external_identity (issuer, subject, account, create_us) values ($1, $2, $3, $4)",
                vec![
                    person.issuer.into(),
                    person.subject.into(),
                    user.id.as_str().into(),
                    by.now_us.into(),
                ],
            )
            .expect(1)
        };
        match self.user_by_email(email).await {
            Ok(Some(user)) if user.administrator && !is_named => return refused(SignInFault::Administrator),
            Ok(Some(user)) => {
                let link = link(&user);
                return Ok((user, vec![link]));
            }
            Ok(None) if introductions.create_accounts => {}
            Err(AccountError::Store(error)) => return Err(error.into()),
            Ok(None) | Err(_) => return refused(SignInFault::NoAccount),
        }
        // Nobody is there to type another name, and the account is theirs whatever the issuer calls them: a name that breaks
        // the rule is mended, and where nothing is left of it, they are called like whoever gives none.
        let name = person.name.and_then(DisplayName::mended);
        let new = NewUser {
            email,
            display_name: name.as_ref().map_or("", DisplayName::as_str),
            administrator: false,
        };
        match new_user(new) {
            Ok(user) => {
                let mut statements = insert(&user, &by.known_as(Actor::User(user.id.clone())));
                statements.push(link(&user));
                Ok((user, statements))
            }
            Err(_) => refused(SignInFault::NoAccount),
        }
    }
}
