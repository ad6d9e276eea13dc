//! Changes that are made at once: each changes what it says, and nothing else.

use calls::{
    AliasChange, AliasContent, AliasEndpoint, DomainChange, DomainError, NumberPlan, PhoneNumberChange,
    RecordingChange, Trigger,
};
use db::testing::each_engine;

use super::{by, office, world};

const ROUNDS: i64 = 12;

#[tokio::test]
async fn changes_of_a_domain_leave_each_other_alone() {
    each_engine(async |db| {
        let calls = world(&db).await;
        let made = calls.create_domain("one", "demo", office(), &by(0)).await.expect("new");
        for round in 1..=ROUNDS {
            let part = |trigger, trims_silence| DomainChange {
                recording: Some(RecordingChange::Parts {
                    trigger,
                    trims_silence,
                    ready_uri: None,
                }),
                ..DomainChange::default()
            };
            let is_odd = round % 2 == 1;
            let trigger = if is_odd { Trigger::Answer } else { Trigger::Bridge };
            let changes = [
                DomainChange {
                    display_name: Some(format!("name {round}")),
                    ..DomainChange::default()
                },
                DomainChange {
                    allow_register: Some(is_odd),
                    ..DomainChange::default()
                },
                part(Some(trigger), None),
                part(None, Some(is_odd)),
            ];
            let by = by(round);
            let [one, two, three, four] = &changes;
            let done = tokio::join!(
                calls.update_domain(&made, one, &by),
                calls.update_domain(&made, two, &by),
                calls.update_domain(&made, three, &by),
                calls.update_domain(&made, four, &by),
            );
            for done in <[_; 4]>::from(done) {
                done.expect("it is there");
            }
            let kept = calls.domain("one", "demo").await.expect("reads").expect("it is there");
            let recording = kept.recording.expect("parts were said");
            assert_eq!(
                (
                    kept.display_name,
                    kept.allow_register,
                    recording.trigger,
                    recording.trims_silence
                ),
                (format!("name {round}"), is_odd, trigger, is_odd)
            );
            assert_eq!(kept.handler_uris, made.handler_uris);
        }
    })
    .await;
}

#[tokio::test]
async fn what_is_checked_together_holds_for_what_is_written() {
    each_engine(async |db| {
        let calls = world(&db).await;
        let made = calls.create_domain("one", "demo", office(), &by(0)).await.expect("new");
        let nobody = DomainChange {
            handler_uris: Some(vec![]),
            ..DomainChange::default()
        };
        let refused = calls.update_domain(&made, &nobody, &by(1)).await;
        assert!(matches!(refused, Err(DomainError::Invalid { field, .. }) if field == "call_termination_handler_uris"));
        let deleted = calls.delete_domain(made, &by(2)).await.expect("it is there");
        let gone = calls.update_domain(&deleted, &DomainChange::default(), &by(3)).await;
        assert!(matches!(gone, Err(DomainError::NotFound)), "{gone:?}");
    })
    .await;
}

#[tokio::test]
async fn changes_of_a_number_leave_each_other_alone() {
    each_engine(async |db| {
        let calls = world(&db).await;
        let plan = NumberPlan(["+6125550".parse().expect("a range")].into());
        let made = calls
            .create_phone_number("one", "+61255501234", &plan, PhoneNumberChange::default(), &by(0))
            .await
            .expect("new");
        for round in 1..=ROUNDS {
            let name = PhoneNumberChange {
                display_name: Some(format!("name {round}")),
                ..PhoneNumberChange::default()
            };
            let labels = PhoneNumberChange {
                labels: Some([("round".to_owned(), round.to_string())].into()),
                ..PhoneNumberChange::default()
            };
            let by = by(round);
            let (one, two) = tokio::join!(
                calls.update_phone_number(&made, &name, &by),
                calls.update_phone_number(&made, &labels, &by),
            );
            one.and(two).expect("it is there");
            let kept = calls
                .phone_number("one", &made.id)
                .await
                .expect("reads")
                .expect("it is there");
            assert_eq!(
                (kept.display_name, &kept.labels["round"]),
                (format!("name {round}"), &round.to_string())
            );
        }
    })
    .await;
}

#[tokio::test]
async fn changes_of_an_alias_leave_each_other_alone() {
    each_engine(async |db| {
        let calls = world(&db).await;
        let domain = calls.create_domain("one", "demo", office(), &by(0)).await.expect("new");
        let made = calls
            .create_alias(&domain, "desk", AliasContent::default(), &by(0))
            .await
            .expect("new");
        for round in 1..=ROUNDS {
            let endpoints = AliasChange {
                endpoints: Some(vec![AliasEndpoint {
                    uri: format!("sip:host-{round}.example"),
                    priority: 1,
                    weight: 1,
                    enabled: true,
                }]),
                ..AliasChange::default()
            };
            let failover = AliasChange {
                failover_uris: Some(vec![format!("tel:+4930{round}")]),
                ..AliasChange::default()
            };
            let by = by(round);
            let (one, two) = tokio::join!(
                calls.update_alias(&domain, &made, &endpoints, &by),
                calls.update_alias(&domain, &made, &failover, &by),
            );
            one.and(two).expect("it is there");
            let kept = calls.alias(&domain, "desk").await.expect("reads").expect("it is there");
            assert_eq!(kept.endpoints[0].uri, format!("sip:host-{round}.example"));
            assert_eq!(kept.failover_uris, [format!("tel:+4930{round}")]);
        }
    })
    .await;
}
