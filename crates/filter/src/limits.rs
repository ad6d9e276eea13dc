//! What a filter may cost, in one place, each with its reason.

/// The longest filter that the contract's fields can need is a few hundred bytes; a URL holds about eight thousand.
pub const FILTER_BYTES_MAX: usize = 4096;

/// Parentheses and `NOT` inside each other. The parser, the printer and the SQL writer recurse this deep, and nobody
/// reads deeper.
pub const DEPTH_MAX: usize = 32;

/// Comparisons in one filter: each is evaluated for each row that a list passes.
pub const TERMS_MAX: usize = 64;
