//! What a store may rely on, the same on both engines.

use db::{Statement, testing::each_engine};

#[tokio::test]
async fn smoke() {
    each_engine(|db| async move {
        db.write(vec![
            Statement::new(
                "insert into account (id, email, display_name, administrator, create_us) values ($2, $1, $3, 0, $4)",
                vec!["a@example.com".into(), "1".into(), "Ada".into(), 5.into()],
            )
            .expect(1),
        ])
        .await
        .unwrap();
        let rows = db
            .read(
                "select id, create_us from account where email = $1",
                vec!["a@example.com".into()],
            )
            .await
            .unwrap();
        assert_eq!(rows[0].text(0).unwrap(), "1");
        assert_eq!(rows[0].int(1).unwrap(), 5);
    })
    .await;
}
