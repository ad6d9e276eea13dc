//! Texts that a browser keeps for us.

use db::testing::each_engine;
use identity::Identity;

#[tokio::test]
async fn a_text_comes_back_as_it_was_given_and_for_its_purpose() {
    each_engine(async |db| {
        let identity = Identity::open(db.clone()).await.expect("opens");
        let sealed = identity.seal("attempt", "a.b");
        // Another process on the same database knows it too.
        let other = Identity::open(db).await.expect("opens");
        let check = |purpose: &str, sealed: &str, text: Option<&str>| {
            assert_eq!(other.unseal(purpose, sealed), text, "{purpose} {sealed}");
        };
        check("attempt", &sealed, Some("a.b"));
        check("browser", &sealed, None);
        check("attempta", &identity.seal("attempt", "a"), None);
        check("attempt", &sealed.replace("a.b", "a.c"), None);
        check("attempt", &format!("{sealed}A"), None);
        check("attempt", "a.b", None);
        check("attempt", "a.b.", None);
        check("attempt", "", None);
    })
    .await;
}

#[tokio::test]
async fn another_installation_knows_nothing_of_it() {
    let mut seals = Vec::new();
    for _ in 0..2 {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let location = db::Location::Sqlite(folder.path().join("sederunt.db"));
        let db = db::Db::open(&location).await.expect("a new file");
        seals.push(Identity::open(db).await.expect("opens").seal("attempt", "a"));
    }
    assert_ne!(seals[0], seals[1]);
}
