//! The table `[recordings]` of the configuration file: where the files of recordings are kept.
//!
//! Who may write into a bucket is said by the environment, as Amazon's own programs are told it, and by nothing here: a machine that has a
//! role there needs no keys at all.

use super::key::Fallback::Words;
use super::key::{Key, Section, Set};

/// The table `[recordings]`.
pub(super) const RECORDINGS: Section = Section {
    title: "Recordings",
    heading: None,
    table: Some("recordings"),
    introduction: "Where the files of recordings are kept, of [calls](../calls.md#where-recordings-are) and of \
                   [meetings](../recordings.md#how-long-it-is-kept).\n",
    keys: &[Key {
        name: Some("place"),
        flag: None,
        default: Words("the folder of `data`"),
        help: "A folder, or a bucket that speaks S3 as `s3://bucket/prefix`",
        more: "a bucket's keys, region and address are read from `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_REGION` and \
               `AWS_ENDPOINT_URL`",
        set: Set::Form("a folder or s3://bucket/prefix", |to, text| {
            to.configuration.recordings = Some(text.parse().ok()?);
            Some(())
        }),
    }],
};
