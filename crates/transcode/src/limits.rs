//! What a REST request may weigh. Refusals name the limit, so that nobody has to guess it.

/// Largest message, as JSON or as gRPC. An SDP offer with twenty-two lines is about 90 kB, and the longest batch of the contracts
/// (500 members) stays under 200 kB.
pub const BODY_BYTES_MAX: usize = 256 << 10;

/// Largest batch of requests: a hundred of some kilobytes each. Whoever sends one is known before it is read.
pub const BATCH_BYTES_MAX: usize = 1 << 20;

/// Largest form that stands for a query. It is read before anybody knows who asks, like the head whose part it plays, and is no
/// larger than heads are.
pub const FORM_BYTES_MAX: usize = 32 << 10;

/// Segments of a path. The deepest resource name of the contracts has seven with its version.
pub const PATH_SEGMENTS_MAX: usize = 16;

/// Parameters of a query. A request message has a handful of fields; more can only be repeated ones.
pub const QUERY_PARAMETERS_MAX: usize = 256;

/// Length of a dotted field path in a query, such as `space.config.access_type`.
pub const FIELD_PATH_NAMES_MAX: usize = 16;

/// Length of a field mask. Naming every field of the widest response takes about 1 kB.
pub const MASK_BYTES_MAX: usize = 8 << 10;

/// How deep a field mask may group; the parser recurses, and no response is deeper than six.
pub const MASK_DEPTH_MAX: usize = 32;

/// Fields that a mask may select. `*` multiplies what follows it, so its length alone says little.
pub const MASK_FIELDS_MAX: usize = 4096;

/// Requests in one batch: what Google's documentation names.
pub const BATCH_PARTS_MAX: usize = 100;

/// Requests of one batch that run side by side: enough to hide a write's wait, few beside what others ask.
pub const BATCH_PARTS_AT_ONCE: usize = 4;

/// Headers of a part of a batch, and of the request in it: Google's clients send about ten.
pub const PART_HEADERS_MAX: usize = 64;

/// How deep a reply may nest for it to be written as it lies; the writer recurses. The decoder that takes over what is deeper
/// reads no more than this either.
pub(crate) const REPLY_DEPTH_MAX: u32 = 100;
