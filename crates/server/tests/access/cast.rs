//! Everybody who calls, the space that they call about, and what has to be true of it before each call.

use std::time::Duration;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use identity::{NewUser, Scope, Scopes, ServiceAccount, User};
use serde_json::{Value, json};
use server::clock;

use crate::methods::Method;
use crate::world::{Answer, OFFER, World, text};

/// A conference is ended and another begun before whoever joined is taken for lost: nobody is behind the offer.
const CONFERENCE_AGE_US_MAX: i64 = 8_000_000;

/// Somebody who calls.
#[derive(Clone)]
pub(crate) struct Caller {
    pub(crate) name: &'static str,
    pub(crate) token: Option<String>,
}

/// A call that is ready to be made.
pub(crate) struct Call {
    pub(crate) verb: String,
    pub(crate) path: String,
    pub(crate) body: String,
}

/// The world, the callers, and the things that are called about.
pub(crate) struct Cast {
    pub(crate) world: World,
    callers: Vec<Caller>,
    maker: String,
    participant: String,
    space: String,
    member: String,
    record: String,
    session: String,
    conference_began_us: Option<i64>,
    members_made: usize,
}

impl Cast {
    pub(crate) async fn gather() -> Cast {
        let world = World::new().await;
        let now_us = clock::now_us();
        for domain in ["example.org", "example.com"] {
            world.identity.add_domain(domain, "", now_us).await.expect("a domain");
        }
        let owner = world.person("Owner").await.user;
        let (everything, hour) = (Scopes::of(&Scope::ALL), Duration::from_hours(1));
        let own = |user: &User, scopes| {
            world
                .identity
                .issue_token(user, scopes, hour, now_us)
                .expect("issuable")
        };
        let of = |scope| own(&owner, Scopes::of(&[scope]));

        let maker = world.robot("maker").await;
        let other = world.robot("other").await;
        let maker_created = maker
            .token(&world, Some(&owner), Scopes::of(&[Scope::SpaceCreated]))
            .await;
        let other_created = other
            .token(&world, Some(&owner), Scopes::of(&[Scope::SpaceCreated]))
            .await;
        let other_readonly = other
            .token(&world, Some(&owner), Scopes::of(&[Scope::SpaceReadonly]))
            .await;
        let bare = other.token(&world, None, everything).await;

        let person = async |name: &str| own(&world.person(name).await.user, everything);
        let participant = person("Participant").await;
        let outsider = NewUser {
            email: "outsider@example.com",
            display_name: "Outsider",
            administrator: false,
        };
        let outsider = world.identity.add_user(outsider, now_us).await.expect("a new address");
        let yesterday_us = now_us - 24 * 3_600_000_000;
        let expired = world.identity.issue_token(&owner, everything, hour, yesterday_us);
        let callers = [
            ("owner", Some(own(&owner, everything))),
            ("co-host", Some(person("CoHost").await)),
            ("member", Some(person("Member").await)),
            ("participant", Some(participant.clone())),
            ("stranger", Some(person("Stranger").await)),
            ("outsider", Some(own(&outsider, everything))),
            ("owner: readonly", Some(of(Scope::SpaceReadonly))),
            ("owner: settings", Some(of(Scope::SpaceSettings))),
            ("owner: media", Some(of(Scope::ConferenceMediaReadonly))),
            ("maker: created", Some(maker_created.clone())),
            ("other app: created", Some(other_created)),
            ("other app: readonly", Some(other_readonly)),
            ("expired", Some(expired.expect("issuable"))),
            ("service account", Some(bare)),
            ("nobody", None),
        ];
        let callers = callers.map(|(name, token)| Caller { name, token }).to_vec();

        let config = json!({"config": {"accessType": "OPEN"}});
        let space = world
            .call(Some(&maker_created), "POST", "/v2/spaces", &config.to_string())
            .await;
        let mut cast = Cast {
            space: text(&space.ok(), "name"),
            world,
            callers,
            maker: maker_created,
            participant,
            member: String::new(),
            record: String::new(),
            session: String::new(),
            conference_began_us: None,
            members_made: 0,
        };
        cast.add_member("cohost@example.org", "COHOST").await;
        cast.add_member("member@example.org", "ROLE_UNSPECIFIED").await;
        cast
    }

    pub(crate) fn callers(&self) -> Vec<Caller> {
        self.callers.clone()
    }

    /// A call of this method, about what is there.
    pub(crate) async fn prepare(&mut self, method: &Method) -> Call {
        match self.conference_began_us {
            Some(began_us) if clock::now_us() - began_us < CONFERENCE_AGE_US_MAX => {}
            Some(_) => {
                self.end_conference().await;
                self.begin_conference().await;
            }
            None => self.begin_conference().await,
        }
        let body = match method.short_name() {
            "EndActiveConference" => {
                // Whoever may, will.
                self.conference_began_us = None;
                Value::Null
            }
            "UpdateSpace" => json!({"config": {"attendanceReportGenerationType": "GENERATE_REPORT"}}),
            "ConnectActiveConference" => json!({"offer": OFFER}),
            "CreateMember" => json!({"email": self.new_email()}),
            "UpdateMember" => json!({"role": "COHOST"}),
            "BatchUpdateMembers" => json!({"requests": [{"member": {"name": self.member, "role": "COHOST"}}]}),
            "DeleteMember" => {
                let email = self.new_email();
                self.add_member(&email, "ROLE_UNSPECIFIED").await;
                Value::Null
            }
            _ => Value::Null,
        };
        Call {
            verb: method.verb.clone(),
            path: method.path(|pattern| self.name_of(pattern)),
            body: if body.is_null() {
                String::new()
            } else {
                body.to_string()
            },
        }
    }

    /// A name like this. What there is none of has one that could be.
    fn name_of(&self, pattern: &str) -> String {
        let (participant, _) = self
            .session
            .split_once("/participantSessions/")
            .expect("the name of a session");
        let known = [
            ("spaces/*/members/*", self.member.as_str()),
            ("spaces/*", &self.space),
            (
                "conferenceRecords/*/participants/*/participantSessions/*",
                &self.session,
            ),
            ("conferenceRecords/*/participants/*", participant),
            ("conferenceRecords/*", &self.record),
        ];
        let found = known
            .iter()
            .find_map(|(known, name)| Some((name, pattern.strip_prefix(known)?)));
        let (name, rest) = found.expect("everything is in a space or a conference record");
        format!("{name}{}", rest.replace('*', "none"))
    }

    async fn begin_conference(&mut self) {
        let joins = format!("/sederunt/v1/{}:join", self.space);
        let body = json!({"offer": OFFER}).to_string();
        let seat = self
            .world
            .call(Some(&self.participant), "POST", &joins, &body)
            .await
            .ok();
        self.record = text(&seat, "conferenceRecord");
        self.session = text(&seat, "participantSession");
        self.conference_began_us = Some(clock::now_us());
    }

    async fn end_conference(&self) {
        let path = format!("/v2/{}:endActiveConference", self.space);
        self.world.call(Some(&self.maker), "POST", &path, "").await.ok();
    }

    fn new_email(&mut self) -> String {
        self.members_made += 1;
        format!("member{}@example.org", self.members_made)
    }

    async fn add_member(&mut self, email: &str, role: &str) {
        let body = json!({"email": email, "role": role}).to_string();
        let path = format!("/v2/{}/members", self.space);
        let member = self.world.call(Some(&self.maker), "POST", &path, &body).await.ok();
        self.member = text(&member, "name");
    }
}

impl World {
    pub(crate) async fn call(&self, token: Option<&str>, verb: &str, path: &str, body: &str) -> Answer {
        let authorization = token.map(|token| format!("Bearer {token}"));
        let headers: Vec<_> = authorization
            .iter()
            .map(|value| ("authorization", value.as_str()))
            .collect();
        self.send(verb, None, path, &headers, body).await
    }

    /// A service account with a key, which may act for everybody.
    async fn robot(&self, name: &str) -> Robot {
        let now_us = clock::now_us();
        let account = self
            .identity
            .create_service_account(name, now_us)
            .await
            .expect("a new name");
        let everything = Scopes::of(&Scope::ALL);
        let granted = self
            .identity
            .grant_delegation(&account.client_id, everything, now_us)
            .await;
        granted.expect("granted");
        let file = self
            .identity
            .create_key(&account.client_id, now_us)
            .await
            .expect("a key");
        let file = serde_json::from_str(file.json()).expect("JSON");
        Robot { account, file }
    }
}

/// An app: a service account and its key file.
struct Robot {
    account: ServiceAccount,
    file: Value,
}

impl Robot {
    /// A token for a user, or for the robot itself, by RFC 7523.
    async fn token(&self, world: &World, subject: Option<&User>, scopes: Scopes) -> String {
        let now_s = clock::now_us() / 1_000_000;
        let mut claims = json!({
            "iss": self.account.email,
            "aud": self.file["token_uri"],
            "scope": scopes.to_string(),
            "iat": now_s,
            "exp": now_s + 600,
        });
        if let Some(user) = subject {
            claims["sub"] = json!(user.email);
        }
        let assertion = self.signed(&claims);
        let form = format!("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion={assertion}");
        let answer = world.identity.token(form.as_bytes(), None, clock::now_us()).await;
        answer.expect("the assertion holds").access_token
    }

    fn signed(&self, claims: &Value) -> String {
        let header = json!({"alg": "RS256", "typ": "JWT", "kid": self.file["private_key_id"]});
        let [header, claims] = [&header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
        let message = format!("{header}.{claims}");
        let pem = text(&self.file, "private_key");
        let der: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
        let der = STANDARD.decode(der).expect("PEM is base64 between its lines");
        let pair = RsaKeyPair::from_pkcs8(&der).expect("an RSA key");
        let mut signature = vec![0; pair.public_modulus_len()];
        pair.sign(
            &RSA_PKCS1_SHA256,
            &SystemRandom::new(),
            message.as_bytes(),
            &mut signature,
        )
        .expect("it can sign");
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}
