//! What a request may ask for, each with its reason.

/// Segments of a path: the deepest that contracts have is seven.
pub const SEGMENTS_MAX: usize = 16;

/// Names in one `$select`: the widest resource has some fifteen properties.
pub const SELECTED_MAX: usize = 64;

/// How deep `$expand` may go, since the reader recurses: records have sessions, which have segments, and one more to say that there
/// is nothing below.
pub const EXPAND_DEPTH_MAX: usize = 4;

/// Items that may be asked for at once: pages are shorter, so more is a slip of somebody's counting.
pub const TOP_MAX: u32 = i32::MAX.cast_unsigned();
