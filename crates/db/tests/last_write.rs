//! Whoever remembers what was read learns of every write, of whatever process.

use db::{Db, LastWrite, Location, Statement, testing::each_location};

fn add(name: &str) -> Vec<Statement> {
    vec![Statement::new(
        "insert into thing (name) values ($1)",
        vec![name.into()],
    )]
}

#[tokio::test]
async fn every_write_is_another_one_to_everybody() {
    each_location(async |location| {
        let open = async || Db::open(&location).await.expect("opens");
        let (server, command_line) = (open().await, open().await);
        let table = Statement::new("create table thing (name text not null primary key)", Vec::new());
        server.write(vec![table]).await.expect("a new table");
        if matches!(location, Location::Postgres(_)) {
            assert_eq!(server.last_write(), None);
            return;
        }
        let mut seen: Vec<LastWrite> = Vec::new();
        for (number, writer) in [&server, &server, &command_line, &server, &command_line]
            .into_iter()
            .enumerate()
        {
            writer.write(add(&number.to_string())).await.expect("written");
            let last = server.last_write().expect("it can be told");
            assert_eq!(command_line.last_write(), Some(last));
            assert!(!seen.contains(&last), "{number}");
            seen.push(last);
        }
        // What changed nothing may count or not; what was only read does not.
        assert!(server.write(add("0")).await.is_err());
        let last = server.last_write();
        server.read("select 1", Vec::new()).await.expect("read");
        assert_eq!(server.last_write(), last);
    })
    .await;
}
