//! What stands for a number in whatever a trunk sends.

/// The bytes are the user part of an address.
pub fn run(data: &[u8]) {
    let Some(number) = calls::normalised(crate::text(data)) else {
        return;
    };
    let digits = number.strip_prefix('+').expect("a number begins with it");
    assert!((2..=15).contains(&digits.len()), "{number}");
    assert!(digits.bytes().all(|digit| digit.is_ascii_digit()), "{number}");
    assert_eq!(calls::normalised(&number), Some(number));
}
