//! The agent and the exchange with real telephones: baresip, which has no ears but files, and sipp, which keeps to the letter.

mod sessions;
mod sipp;
#[expect(dead_code, reason = "the tests of calls do more with it")]
mod telephone;
mod withheld;

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::{Arc, Mutex},
    time::Duration,
};

use audio::{Frame, silence, tone};
use telephone::Telephone;
use telephony::{
    LegId,
    agent::{
        Agent, AgentEvent, By, Cause, Dial, Directory, Later, Place, Proof, Refusal, Secrets, Settings, Shown, Terms,
        session::Sessions,
    },
    line::{self, Exchange, LineEvent, PlayId, Sink},
};
use tokio::{
    net::UdpSocket,
    sync::mpsc::{self, Receiver},
};
use tokio_rustls::rustls::{ServerConfig, crypto::aws_lc_rs, pki_types::PrivateKeyDer};
use tokio_util::sync::CancellationToken;

const LOCAL: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const DOMAIN: &str = "demo.sip.example";
/// A telephone and a machine that is busy take their time.
const PATIENCE: Duration = Duration::from_secs(20);

/// The one domain, which is called from this machine.
#[derive(Clone, Default)]
struct OneDomain {
    /// A user and a password: then that is asked for, wherever somebody is.
    user: Option<(&'static str, &'static str)>,
}

impl Directory for OneDomain {
    fn terms<'a>(&'a self, domain: &'a str, source: IpAddr) -> Later<'a, Option<Terms>> {
        let proof = self.user.map_or(Proof::Address, |_| Proof::Password);
        let terms = Terms {
            proof,
            calls: true,
            registers: true,
        };
        let is_known = domain == DOMAIN && source.is_loopback();
        Box::pin(async move { is_known.then_some(terms) })
    }

    fn secrets<'a>(&'a self, domain: &'a str, user: &'a str) -> Later<'a, Option<Secrets>> {
        let (known, password) = self.user.expect("who is asked for a password");
        let secrets = (user == known).then(|| Secrets::of(user, domain, password));
        Box::pin(async move { secrets })
    }
}

/// A certificate of nobody in particular: telephones of tests believe any.
fn certificate() -> Arc<ServerConfig> {
    let rcgen::CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed([DOMAIN.to_owned()]).expect("a certificate");
    let key = PrivateKeyDer::Pkcs8(signing_key.serialize_der().into());
    let provider = Arc::new(aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("it has them")
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key);
    Arc::new(config.expect("a pair"))
}

/// A minute of beeps.
fn beeps() -> Vec<i16> {
    tone::beep().iter().copied().cycle().take(8_000 * 60).collect()
}

/// What was heard and said on a leg, as how many frames with sound in them.
#[derive(Default)]
struct Heard(Mutex<[usize; 2]>);

impl Sink for Heard {
    fn frame(&self, heard: &Frame, said: &Frame) {
        let mut counts = self.0.lock().expect("not poisoned");
        for (count, frame) in counts.iter_mut().zip([heard, said]) {
            *count += usize::from(!silence::is_silent(frame));
        }
    }
}

impl Heard {
    /// So many frames of the telephone's voice have been heard, however long it takes to begin.
    async fn comes_to(&self, frames: usize) {
        let heard = async {
            while self.0.lock().expect("not poisoned")[0] < frames {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let heard = tokio::time::timeout(PATIENCE, heard).await;
        heard.expect("the telephone's voice is heard");
    }
}

struct World {
    agent: Agent,
    exchange: Exchange,
    events: Receiver<AgentEvent>,
    lines: Receiver<LineEvent>,
    stop: CancellationToken,
}

impl World {
    async fn open() -> World {
        World::of(OneDomain::default()).await
    }

    async fn of(domain: OneDomain) -> World {
        World::with(domain, Sessions::default()).await
    }

    async fn with(domain: OneDomain, sessions: Sessions) -> World {
        let tls = Some(((LOCAL, 0).into(), certificate()));
        let (events_in, events) = mpsc::channel(100);
        let (lines_in, lines) = mpsc::channel(100);
        let ports = 20_000..=29_998;
        let exchange = Exchange::start(line::Settings { address: LOCAL, ports }, lines_in).expect("a thread");
        let settings = Settings {
            listen: (LOCAL, 0).into(),
            public_address: LOCAL,
            tls,
            offers_sha256: false,
            sessions,
        };
        let stop = CancellationToken::new();
        let agent = Agent::start(settings, Arc::new(domain), exchange.clone(), events_in, stop.clone());
        World {
            agent: agent.await.expect("a port"),
            exchange,
            events,
            lines,
            stop,
        }
    }

    async fn next(&mut self) -> AgentEvent {
        let event = tokio::time::timeout(PATIENCE, self.events.recv()).await;
        event.expect("something happens").expect("the agent goes on")
    }

    /// Somebody calls.
    async fn incoming(&mut self) -> LegId {
        match self.next().await {
            AgentEvent::Incoming { leg, invitation, .. } => {
                assert_eq!(invitation.to, format!("sip:help@{DOMAIN}"));
                assert_eq!(invitation.callers, ["ada"]);
                leg
            }
            other => panic!("{other:?}"),
        }
    }

    async fn answered(&mut self, leg: LegId) {
        match self.next().await {
            AgentEvent::Answered { leg: answered, .. } => assert_eq!(answered, leg),
            other => panic!("{other:?}"),
        }
    }

    /// Whoever is called answers.
    async fn is_answered_after_ringing(&mut self) {
        loop {
            match self.next().await {
                AgentEvent::Ringing { .. } => {}
                AgentEvent::Answered { .. } => break,
                other => panic!("{other:?}"),
            }
        }
    }

    async fn ended(&mut self, leg: LegId, expected: Cause) {
        match self.next().await {
            AgentEvent::Ended { leg: ended, cause, .. } => assert_eq!((ended, cause), (leg, expected)),
            other => panic!("{other:?}"),
        }
    }

    /// What lines tell next, but for what was pressed.
    async fn played(&mut self, leg: LegId) {
        let told = tokio::time::timeout(PATIENCE, self.lines.recv())
            .await
            .expect("it is played");
        assert_eq!(told, Some(LineEvent::Played { leg, play: PlayId(1) }));
    }

    fn close(&self) {
        self.stop.cancel();
        self.exchange.stop();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_calls_hears_and_is_heard() {
    for transport in ["udp", "tcp"] {
        let mut world = World::open().await;
        let mut ada = Telephone::ada(&beeps(), transport, world.agent.address()).await;
        ada.dial(&format!("sip:help@{DOMAIN}")).await;
        let leg = world.incoming().await;
        let heard = Arc::new(Heard::default());
        world.exchange.tap(leg, Some(heard.clone()));
        world.agent.ring(leg);
        world.agent.answer(leg);
        world.answered(leg).await;
        world.exchange.play(leg, PlayId(1), tone::beep(), 10);
        world.played(leg).await;
        heard.comes_to(50).await;
        world.agent.hang_up(leg);
        world.ended(leg, Cause::WeHungUp).await;
        let [_, said] = *heard.0.lock().expect("not poisoned");
        assert_eq!(said, 200, "{transport}: ten beeps of 0.4 s");
        let by_ada = ada
            .heard()
            .await
            .chunks(160)
            .filter(|frame| !silence::is_silent(frame))
            .count();
        assert!(by_ada > 150, "{transport}: she heard {by_ada} frames");
        world.close();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_that_come_to_nothing() {
    let mut world = World::open().await;
    let mut ada = Telephone::ada(&beeps(), "udp", world.agent.address()).await;
    ada.dial(&format!("sip:help@{DOMAIN}")).await;
    let leg = world.incoming().await;
    let busy = Refusal {
        status: 486,
        q850: Some(17),
    };
    world.agent.refuse(leg, busy);
    world.ended(leg, Cause::Refused(486)).await;
    assert!(ada.closed_because().await.contains("Busy"));

    ada.dial(&format!("sip:help@{DOMAIN}")).await;
    let leg = world.incoming().await;
    world.agent.ring(leg);
    ada.hang_up().await;
    world.ended(leg, Cause::Cancelled).await;

    ada.dial(&format!("sip:help@{DOMAIN}")).await;
    let leg = world.incoming().await;
    world.agent.answer(leg);
    world.answered(leg).await;
    ada.hang_up().await;
    world.ended(leg, Cause::HungUp).await;
    world.close();
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_knows_the_password_comes_in() {
    let domain = OneDomain {
        user: Some(("ada", "Right-Passw0rd")),
    };
    for transport in ["udp", "tcp", "tls"] {
        let mut world = World::of(domain.clone()).await;
        let tls = world.agent.tls_address().filter(|_| transport == "tls");
        let agent = tls.unwrap_or_else(|| world.agent.address());
        let mut ada = Telephone::user("ada", "Right-Passw0rd", DOMAIN, &beeps(), transport, agent).await;
        ada.writes("200 OK").await;
        assert!(world.agent.is_registered(&format!("sip:ada@{DOMAIN}")));
        ada.dial(&format!("sip:help@{DOMAIN}")).await;
        let leg = world.incoming().await;
        let heard = Arc::new(Heard::default());
        world.exchange.tap(leg, Some(heard.clone()));
        world.agent.answer(leg);
        world.answered(leg).await;
        world.exchange.play(leg, PlayId(1), tone::beep(), 5);
        world.played(leg).await;
        heard.comes_to(30).await;
        ada.hang_up().await;
        world.ended(leg, Cause::HungUp).await;

        // She is called where she is registered, and nobody says where that is.
        let leg = LegId::next();
        let dial = Dial {
            to: format!("sip:ada@{DOMAIN}"),
            at: None,
            caller: "help".to_owned(),
            domain: DOMAIN.to_owned(),
            shown: Shown::ToAll,
            sip_call_id: format!("ada@{DOMAIN}"),
            credential: None,
            g711_only: false,
            timeout: PATIENCE,
        };
        world.agent.dial(leg, &dial).expect("she is there");
        world.is_answered_after_ringing().await;
        world.exchange.play(leg, PlayId(1), tone::beep(), 5);
        world.played(leg).await;
        world.agent.hang_up(leg);
        world.ended(leg, Cause::WeHungUp).await;
        let by_ada = ada.heard().await;
        let by_ada = by_ada.chunks(160).filter(|frame| !silence::is_silent(frame)).count();
        assert!(by_ada > 50, "{transport}: she heard {by_ada} frames");
        world.close();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_does_not_know_it_stays_outside() {
    let domain = OneDomain {
        user: Some(("ada", "Right-Passw0rd")),
    };
    let mut world = World::of(domain).await;
    for (user, password) in [("ada", "Wrong-Passw0rd"), ("bo", "Right-Passw0rd")] {
        let agent = world.agent.address();
        let mut telephone = Telephone::user(user, password, DOMAIN, &beeps(), "udp", agent).await;
        telephone.writes("403 Forbidden").await;
        assert!(!world.agent.is_registered(&format!("sip:{user}@{DOMAIN}")), "{user}");
        telephone.dial(&format!("sip:help@{DOMAIN}")).await;
        assert!(telephone.closed_because().await.contains("403"), "{user}");
    }
    assert!(world.events.try_recv().is_err(), "nobody hears of them");
    world.close();
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_in_the_open_are_not_taken() {
    let mut world = World::open().await;
    let mut ada = Telephone::careless_ada(&beeps(), world.agent.address()).await;
    ada.dial(&format!("sip:help@{DOMAIN}")).await;
    assert!(ada.closed_because().await.contains("488"));
    assert!(world.events.try_recv().is_err(), "nobody hears of it");
    world.close();
}

/// A request as a scanner writes it, with a `User-Agent` of so many characters.
fn request(method: &str, to: &str, extra: usize) -> String {
    let agent = "a".repeat(extra);
    format!(
        "{method} sip:help@{to} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK{method}{to}{extra};rport\r\n\
         From: <sip:a@b>;tag=1\r\nTo: <sip:help@{to}>\r\nCall-ID: {to}\r\nCSeq: 1 {method}\r\nMax-Forwards: 70\r\n\
         User-Agent: {agent}\r\nContent-Length: 0\r\n\r\n"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn what_scanners_hear() {
    let domain = OneDomain {
        user: Some(("ada", "Right-Passw0rd")),
    };
    let world = World::of(domain).await;
    let scanner = UdpSocket::bind((LOCAL, 0)).await.expect("a port");
    scanner.connect(world.agent.address()).await.expect("a port");
    let hear = async || {
        let mut answer = [0; 2_000];
        let length = tokio::time::timeout(PATIENCE, scanner.recv(&mut answer)).await;
        let length = length.expect("an answer").expect("an answer");
        String::from_utf8_lossy(&answer[..length]).into_owned()
    };
    let say = async |text: &str| {
        scanner.send(text.as_bytes()).await.expect("it is sent");
    };
    // Of these nothing is heard: what is heard is of what is said after them.
    say(&request("INVITE", "other.sip.example", 400)).await;
    say(&request("REGISTER", "other.sip.example", 400)).await;
    say(&request("OPTIONS", "other.sip.example", 400)).await;
    say(&request("INVITE", DOMAIN, 0)).await;
    for method in ["INVITE", "REGISTER", "OPTIONS"] {
        let asked = request(method, DOMAIN, 400);
        say(&asked).await;
        let answer = hear().await;
        assert!(answer.starts_with("SIP/2.0 401 "), "{method}: {answer}");
        assert!(answer.contains(&format!("CSeq: 1 {method}")), "{answer}");
        assert!(answer.len() <= asked.len(), "{answer}");
    }
    world.close();
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_expected_hears_that_we_are_there() {
    let world = World::open().await;
    let system = UdpSocket::bind((LOCAL, 0)).await.expect("a port");
    system.connect(world.agent.address()).await.expect("a port");
    system
        .send(request("OPTIONS", DOMAIN, 0).as_bytes())
        .await
        .expect("it is sent");
    let mut answer = [0; 2_000];
    let length = tokio::time::timeout(PATIENCE, system.recv(&mut answer)).await;
    let answer = String::from_utf8_lossy(&answer[..length.expect("an answer").expect("an answer")]);
    assert!(answer.starts_with("SIP/2.0 200 "), "{answer}");
    assert!(answer.contains("REGISTER"), "{answer}");
    world.close();
}

#[tokio::test(flavor = "multi_thread")]
async fn we_call_somebody_by_tls() {
    let mut world = World::open().await;
    let mut cy = Telephone::cy(&beeps()).await;
    let leg = LegId::next();
    let dial = Dial {
        to: cy.secure_address(),
        at: Some(Place {
            address: cy.secure_socket(),
            by: By::Tls,
        }),
        caller: "help".to_owned(),
        domain: DOMAIN.to_owned(),
        shown: Shown::ToAll,
        sip_call_id: format!("cy@{DOMAIN}"),
        credential: None,
        g711_only: false,
        timeout: PATIENCE,
    };
    let heard = Arc::new(Heard::default());
    world.agent.dial(leg, &dial).expect("an address");
    world.exchange.tap(leg, Some(heard.clone()));
    world.is_answered_after_ringing().await;
    world.exchange.play(leg, PlayId(1), tone::beep(), 5);
    world.played(leg).await;
    cy.hang_up().await;
    world.ended(leg, Cause::HungUp).await;
    let [heard, _] = *heard.0.lock().expect("not poisoned");
    assert!(heard > 30, "{heard} frames of Cy's voice");
    world.close();
}

#[tokio::test(flavor = "multi_thread")]
async fn we_call_somebody() {
    let mut world = World::open().await;
    let mut bo = Telephone::bo(&beeps()).await;
    let dial = |to: String, timeout: Duration| Dial {
        at: Some(Place {
            address: to.rsplit_once('@').expect("an address").1.parse().expect("a socket"),
            by: By::Udp,
        }),
        to,
        caller: "help".to_owned(),
        domain: DOMAIN.to_owned(),
        shown: Shown::ToAll,
        sip_call_id: format!("{timeout:?}@{DOMAIN}"),
        credential: None,
        g711_only: false,
        timeout,
    };
    let leg = LegId::next();
    world
        .agent
        .dial(leg, &dial(bo.address(), PATIENCE))
        .expect("an address");
    world.is_answered_after_ringing().await;
    world.exchange.play(leg, PlayId(1), tone::beep(), 5);
    world.played(leg).await;
    bo.hang_up().await;
    world.ended(leg, Cause::HungUp).await;

    let leg = LegId::next();
    let nobody = dial("sip:nobody@127.0.0.1:9".to_owned(), Duration::from_secs(1));
    world.agent.dial(leg, &nobody).expect("an address");
    match world.next().await {
        AgentEvent::Ended { cause, .. } => assert!(matches!(cause, Cause::TimedOut | Cause::Unreachable), "{cause:?}"),
        other => panic!("{other:?}"),
    }
    world.close();
}
