//! Commands beside a server that is of another version.

use db::{Db, Location, testing};
use server::{BesideError, Configuration, StoreConfiguration, doctor, open_beside};

use crate::world::{World, configuration};

async fn migrations(location: &Location) -> i64 {
    let (db, _) = Db::open_beside(location).await.expect("it opens");
    let rows = db
        .read("select count(*) from migration", Vec::new())
        .await
        .expect("readable");
    rows[0].int(0).expect("a number")
}

/// Runs with a new data folder, on each engine.
async fn each_engine(check: impl AsyncFn(tempfile::TempDir, Configuration)) {
    for on_postgres in [false, true] {
        let data = tempfile::tempdir().expect("a temporary folder");
        let mut configuration = configuration(&data);
        if on_postgres {
            let Location::Postgres(url) = testing::new_postgres().await else {
                panic!("a PostgreSQL was asked for");
            };
            configuration.store.database = Some(url);
        }
        check(data, configuration).await;
    }
}

#[tokio::test]
async fn older_tables_are_changed_only_where_no_server_works_with_them() {
    each_engine(async |data, configuration| {
        let store: StoreConfiguration = configuration.store.clone();
        let world = World::with(data, configuration).await;
        let location = store.location();
        let made = migrations(&location).await;
        let forget = "delete from migration where version = (select max(version) from migration)";
        let db = Db::open(&location).await.expect("it opens");
        let forgotten = db.write(vec![db::Statement::new(forget, Vec::new()).expect(1)]).await;
        forgotten.expect("it is written");

        let refused = open_beside(&store).await;
        let Err(BesideError::Served { version, found, known }) = &refused else {
            panic!("{refused:?}");
        };
        assert_eq!(
            (version.as_deref(), *found, *known),
            (Some(env!("CARGO_PKG_VERSION")), made - 1, made)
        );
        assert_eq!(migrations(&location).await, made - 1);
        world.running.drain().await;
    })
    .await;
}

#[tokio::test]
async fn a_command_brings_older_tables_up_to_date_and_doctor_only_looks() {
    each_engine(async |_data, configuration| {
        let location = configuration.store.location();
        testing::make_older_tables(&location).await;
        let older = migrations(&location).await;
        let findings = doctor::examine(&configuration).await;
        let register = findings.iter().find(|finding| finding.subject == "register");
        let said = register.expect("it is looked at").state.as_ref().expect("it is well");
        assert!(said.contains("an older version"), "{said}");
        assert_eq!(migrations(&location).await, older);

        open_beside(&configuration.store).await.expect("nobody serves");
        assert_eq!(migrations(&location).await, older + 1);
    })
    .await;
}
