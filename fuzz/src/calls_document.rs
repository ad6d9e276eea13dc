//! Any answer of a handler.

/// The bytes are the document.
pub fn run(data: &[u8]) {
    match calls::read(crate::text(data)) {
        Ok(actions) => assert!(actions <= data.len()),
        Err(why) => assert!(!why.is_empty()),
    }
}
