//! Key files of service accounts, in Google's format.

/// A new key, on its way to whoever asked for it.
#[derive(Clone)]
pub struct KeyFile {
    /// What the file calls `private_key_id`.
    pub id: String,
    json: String,
}

impl KeyFile {
    /// The file's text. It holds the private key: show it once and keep it nowhere.
    pub fn json(&self) -> &str {
        &self.json
    }
}
