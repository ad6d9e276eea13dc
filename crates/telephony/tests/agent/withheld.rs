//! Whoever calls and wants nobody to know who they are: what is kept of them, whose network says it to us alone, and what we say of us.

use telephony::{
    LegId,
    agent::{AgentEvent, By, Cause, Dial, Place, Shown},
};
use tokio::net::UdpSocket;

use super::{DOMAIN, LOCAL, PATIENCE, World};

const CALL_ID: &str = "withheld@gateway.example";

/// A request of the caller, to whom our name in the dialog is `tag`.
fn says(method: &str, tag: &str, here: &str, privacy: &str) -> String {
    let body = if method == "INVITE" {
        "v=0\r\no=lovelace 1 1 IN IP4 127.0.0.1\r\ns=Lovelace\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n"
    } else {
        ""
    };
    format!(
        "{method} sip:help@{DOMAIN} SIP/2.0\r\nVia: SIP/2.0/UDP {here};branch=z9hG4bK{method};rport\r\n\
         From: \"Lovelace\" <sip:lovelace@gateway.example>;tag=theirs\r\nTo: <sip:help@{DOMAIN}>{tag}\r\nCall-ID: {CALL_ID}\r\n\
         CSeq: 1 {method}\r\nContact: <sip:lovelace@{here}>\r\nP-Asserted-Identity: <sip:+442071838750@gateway.example>\r\n\
         {privacy}Max-Forwards: 70\r\nContent-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Calls, is answered and hung up on: what is kept of it.
async fn kept(privacy: &str) -> Vec<String> {
    let mut world = World::open().await;
    let caller = UdpSocket::bind((LOCAL, 0)).await.expect("a port");
    caller.connect(world.agent.address()).await.expect("a port");
    let here = caller.local_addr().expect("bound").to_string();
    let hear = async |begin: &str| {
        let mut heard = [0; 4_000];
        loop {
            let length = tokio::time::timeout(PATIENCE, caller.recv(&mut heard)).await;
            let length = length.expect("a message").expect("a message");
            let text = String::from_utf8_lossy(&heard[..length]).into_owned();
            if text.starts_with(begin) {
                break text;
            }
        }
    };
    let say = async |text: &str| caller.send(text.as_bytes()).await.expect("it is sent");
    say(&says("INVITE", "", &here, privacy)).await;
    let leg = match tokio::time::timeout(PATIENCE, world.events.recv()).await {
        Ok(Some(AgentEvent::Incoming { leg, invitation, .. })) => {
            assert_eq!(invitation.is_private, !privacy.is_empty());
            leg
        }
        other => panic!("somebody calls: {other:?}"),
    };
    world.agent.answer(leg);
    let answer = hear("SIP/2.0 200").await;
    let to = answer
        .lines()
        .find_map(|line| line.strip_prefix("To:"))
        .expect("a party");
    let tag = to.find(";tag=").map(|tag| to[tag..].trim()).expect("a tag");
    say(&says("ACK", tag, &here, privacy)).await;
    world.answered(leg).await;
    world.agent.hang_up(leg);
    let bye = hear("BYE").await;
    assert!(bye.contains("sip:lovelace@"), "they hear who they are: {bye}");
    say(&bye.replacen(bye.lines().next().expect("a line"), "SIP/2.0 200 OK", 1)).await;
    world.ended(leg, Cause::WeHungUp).await;
    let messages = world.agent.signalling(CALL_ID);
    world.close();
    messages.into_iter().map(|message| message.text).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_of_a_caller_who_withholds_it_does_not_say_who_they_are() {
    let tells = |text: &str| {
        ["lovelace", "442071838750"]
            .iter()
            .any(|name| text.to_lowercase().contains(name))
    };
    let said = kept("").await;
    assert!(said.iter().any(|text| tells(text)), "others are named: {said:#?}");
    let said = kept("Privacy: id\r\n").await;
    for begin in ["INVITE sip:help@", "SIP/2.0 200 OK", "ACK ", "BYE *"] {
        assert!(said.iter().any(|text| text.starts_with(begin)), "{begin} in {said:#?}");
    }
    assert!(!said.iter().any(|text| tells(text)), "{said:#?}");
}

/// What somebody hears whom we call so.
async fn asked(shown: Shown) -> String {
    let world = World::open().await;
    let callee = UdpSocket::bind((LOCAL, 0)).await.expect("a port");
    let address = callee.local_addr().expect("bound");
    let dial = Dial {
        to: format!("sip:bo@{address}"),
        at: Some(Place { address, by: By::Udp }),
        caller: "lovelace".to_owned(),
        domain: DOMAIN.to_owned(),
        shown,
        sip_call_id: CALL_ID.to_owned(),
        credential: None,
        g711_only: false,
        timeout: PATIENCE,
    };
    world.agent.dial(LegId::next(), &dial).expect("an address");
    let mut heard = [0; 4_000];
    let length = tokio::time::timeout(PATIENCE, callee.recv(&mut heard)).await;
    world.close();
    String::from_utf8_lossy(&heard[..length.expect("a message").expect("a message")]).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_learns_as_whom_we_call() {
    for (shown, from, vouched, is_private) in [
        (Shown::ToAll, "<sip:lovelace@demo.sip.example>", true, false),
        (Shown::ToNetwork, "<sip:anonymous@anonymous.invalid>", true, true),
        (Shown::ToNobody, "<sip:anonymous@anonymous.invalid>", false, true),
    ] {
        let said = asked(shown).await;
        let header = |name: &str| {
            said.lines().find_map(|line| {
                line.strip_prefix(name)
                    .map(|value| value.trim_start_matches(':').trim())
            })
        };
        assert!(header("From").is_some_and(|value| value.contains(from)), "{said}");
        let expected = vouched.then_some("<sip:lovelace@demo.sip.example>");
        assert_eq!(header("P-Asserted-Identity"), expected, "{said}");
        assert_eq!(header("Privacy"), is_private.then_some("id"), "{said}");
        assert_eq!(said.contains("lovelace"), shown != Shown::ToNobody, "{said}");
    }
}
