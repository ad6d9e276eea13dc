//! All files of a recording as one archive, read from the store while it is written to whoever fetches it.

use bytes::Bytes;
use futures_util::Stream;
use meeting::RecordingId;
use recording::StoreError;

use crate::limits::RECORDING_PART_BYTES_MAX;
use crate::recorded::Recordings;
use crate::zip::{self, Archive};

pub(super) use crate::zip::Entry as Member;

/// How far an archive is.
struct Writing {
    recordings: Recordings,
    recording: RecordingId,
    archive: Archive,
    members: std::vec::IntoIter<Member>,
    step: Step,
}

enum Step {
    /// The head of the next one follows, or the list of all.
    Next,
    /// Bytes of this one follow, from there on.
    Within(Member, u64),
    Over,
}

/// How long the archive of these files is, and its bytes.
pub(super) fn of(
    recordings: Recordings,
    recording: RecordingId,
    members: Vec<Member>,
) -> (u64, impl Stream<Item = Result<Bytes, StoreError>> + Send + 'static) {
    let length = zip::length(&members);
    let writing = Writing {
        recordings,
        recording,
        archive: Archive::default(),
        members: members.into_iter(),
        step: Step::Next,
    };
    (length, futures_util::stream::try_unfold(writing, Writing::part))
}

impl Writing {
    async fn part(mut self) -> Result<Option<(Bytes, Writing)>, StoreError> {
        let bytes = match self.step {
            Step::Over => return Ok(None),
            Step::Next => match self.members.next() {
                None => {
                    self.step = Step::Over;
                    self.archive.end().into()
                }
                Some(member) => {
                    let head = self.archive.begin(&member).into();
                    self.step = Step::Within(member, 0);
                    head
                }
            },
            Step::Within(member, at) if at >= member.size => {
                self.step = Step::Next;
                self.archive.finish(&member).into()
            }
            Step::Within(member, at) => {
                let end = member.size.min(at + RECORDING_PART_BYTES_MAX);
                let part = self.recordings.read(&self.recording, &member.name, at..end).await?;
                self.archive.take(&part);
                self.step = Step::Within(member, end);
                part
            }
        };
        Ok(Some((bytes, self)))
    }
}
