//! The keys that sign tokens, as rows.
//!
//! They are in the database so that every process on it (nodes, the command line) signs and checks alike. The first
//! process of a new installation makes the first key.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use db::{Db, Row, Statement};

/// The name of the first key. Two processes that both make it write the same row, and only one can.
pub(crate) const FIRST_KEY: &str = "1";

const ALGORITHM: &str = "ES256";

/// Why the keys cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The table is out of reach.
    #[error("the signing keys cannot be reached")]
    Store(#[from] db::Error),
    /// The operating system or the cryptography refused.
    #[error("no signing key could be made")]
    Generation,
    /// There is a row of the first key's name, and it is no key.
    #[error("the database has no signing key and takes none")]
    Missing,
    /// The row is not what we wrote.
    #[error("signing key {id:?} in the database is damaged; restore it from a backup")]
    Damaged {
        /// The row's key.
        id: String,
    },
}

/// A key as its row holds it.
#[derive(Clone)]
pub(crate) struct StoredKey {
    pub(crate) id: String,
    pub(crate) private_der: Vec<u8>,
    pub(crate) public_der: Vec<u8>,
}

/// All keys, oldest first; makes the first where there is none.
pub(crate) async fn open(db: &Db) -> Result<Vec<StoredKey>, KeyError> {
    let keys = stored_keys(db).await?;
    if !keys.is_empty() {
        return Ok(keys);
    }
    match db.write(vec![StoredKey::generate(FIRST_KEY)?.insert()]).await {
        Ok(()) => {}
        // Another process was faster: its key is ours.
        Err(error) if error.is_conflict() => {}
        Err(error) => return Err(error.into()),
    }
    Ok(stored_keys(db).await?)
}

async fn stored_keys(db: &Db) -> Result<Vec<StoredKey>, db::Error> {
    let sql = "select id, private_der, public_der from signing_key where algorithm = $1 order by create_us, id";
    let rows = db.read(sql, vec![ALGORITHM.into()]).await?;
    let key = |row: &Row| {
        Ok(StoredKey {
            id: row.text(0)?.to_owned(),
            private_der: row.blob(1)?.to_vec(),
            public_der: row.blob(2)?.to_vec(),
        })
    };
    rows.iter().map(key).collect()
}

impl StoredKey {
    pub(crate) fn generate(id: &str) -> Result<StoredKey, KeyError> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(|_| KeyError::Generation)?;
        let private = pair.to_pkcs8v1().map_err(|_| KeyError::Generation)?;
        Ok(StoredKey {
            id: id.to_owned(),
            private_der: private.as_ref().to_vec(),
            public_der: pair.public_key().as_ref().to_vec(),
        })
    }

    /// Whether both halves are a key, and the same.
    pub(crate) fn is_sound(&self) -> bool {
        EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &self.private_der)
            .is_ok_and(|pair| pair.public_key().as_ref() == self.public_der)
    }

    /// Dated 0, as the first of all; a rotation will date its keys by the clock.
    fn insert(self) -> Statement {
        let insert = Statement::new(
            "insert into signing_key (id, algorithm, private_der, public_der, create_us) values ($1, $2, $3, $4, 0)",
            vec![
                self.id.into(),
                ALGORITHM.into(),
                self.private_der.into(),
                self.public_der.into(),
            ],
        );
        insert.expect(1)
    }
}
