//! Reads a track's file again, and makes a finished one of a live one: with its length, an index and all sizes.
//!
//! All of it is written into places that are kept in the file, or after its last block; so a file of any length takes no more memory than
//! its index, and none of it is copied. Whatever was torn off at the end is cut off first. A file that is finished twice, or was killed
//! while it was, ends up the same.

use std::{
    fs::File,
    io::{self, BufReader, ErrorKind, Read, Seek, SeekFrom, Write},
    path::Path,
};

use crate::{
    ebml::{HEAD_BYTES, Head, element, head, master, number, wide_size},
    limits,
    track::opus_duration_us,
    webm::{
        CLUSTER, CUES, DURATION, DURATION_BYTES, EBML, INFO, SEEK_HEAD, SEEK_HEAD_BYTES, SEGMENT, SIMPLE_BLOCK,
        TIMESTAMP, TRACK, TRACKS, VOID,
    },
};

/// A frame as it is read again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Milliseconds since the first frame of its file.
    pub at_ms: i64,
    /// It needs no other frame.
    pub is_key: bool,
    /// The frame.
    pub frame: Vec<u8>,
    /// Where in the file its cluster begins.
    cluster_at: u64,
    /// Where in the file it ends.
    end: u64,
}

/// Reads the frames of a file that [`crate::webm`] has written, as far as they are whole.
#[derive(Debug)]
pub struct Reader<R> {
    input: BufReader<R>,
    at: u64,
    /// Where the body of the segment begins.
    segment_at: u64,
    cluster_at: u64,
    cluster_ms: i64,
}

impl<R: Read> Reader<R> {
    /// Reads from a file's beginning.
    pub fn new(input: R) -> Reader<R> {
        Reader {
            input: BufReader::new(input),
            at: 0,
            segment_at: 0,
            cluster_at: 0,
            cluster_ms: 0,
        }
    }

    /// The next frame; `None` where there is none any more, or something that was not written whole.
    pub fn read(&mut self) -> io::Result<Option<Block>> {
        match self.read_whole() {
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(None),
            read => read,
        }
    }

    fn read_whole(&mut self) -> io::Result<Option<Block>> {
        loop {
            let begins_at = self.at;
            let Some(Head { id, size, .. }) = self.head()? else {
                return Ok(None);
            };
            match (id, size) {
                (SEGMENT, _) => self.segment_at = self.at,
                (CLUSTER, _) => self.cluster_at = begins_at,
                (TIMESTAMP, Some(8)) => {
                    let mut bytes = [0; 8];
                    self.fill(&mut bytes)?;
                    self.cluster_ms = i64::from_be_bytes(bytes).max(0);
                }
                (SIMPLE_BLOCK, Some(bytes @ 4..=limits::BLOCK_BYTES_MAX)) => return self.block(bytes),
                (EBML | SEEK_HEAD | INFO | TRACKS | VOID, Some(bytes @ ..=limits::BLOCK_BYTES_MAX)) => {
                    self.skip(bytes)?;
                }
                _ => return Ok(None),
            }
        }
    }

    fn block(&mut self, bytes: u64) -> io::Result<Option<Block>> {
        let mut frame = vec![0; usize::try_from(bytes).unwrap_or(usize::MAX)];
        self.fill(&mut frame)?;
        let [track, high, low, flags] = [frame[0], frame[1], frame[2], frame[3]];
        if track != 0x80 | TRACK {
            return Ok(None);
        }
        frame.drain(..4);
        Ok(Some(Block {
            at_ms: self
                .cluster_ms
                .saturating_add(i64::from(i16::from_be_bytes([high, low]))),
            is_key: flags & 0x80 != 0,
            frame,
            cluster_at: self.cluster_at,
            end: self.at,
        }))
    }

    fn head(&mut self) -> io::Result<Option<Head>> {
        let mut bytes = [0; HEAD_BYTES];
        for read in 0..HEAD_BYTES {
            self.fill(&mut bytes[read..=read])?;
            if let Some(head) = head(&bytes[..=read]) {
                return Ok(Some(head));
            }
        }
        Ok(None)
    }

    fn fill(&mut self, bytes: &mut [u8]) -> io::Result<()> {
        self.input.read_exact(bytes)?;
        self.at += bytes.len() as u64;
        Ok(())
    }

    fn skip(&mut self, bytes: u64) -> io::Result<()> {
        let skipped = io::copy(&mut self.input.by_ref().take(bytes), &mut io::sink())?;
        self.at += skipped;
        if skipped == bytes {
            Ok(())
        } else {
            Err(ErrorKind::UnexpectedEof.into())
        }
    }
}

/// What is found in a file.
#[derive(Debug, Default)]
struct Contents {
    segment_at: u64,
    /// Where each cluster begins.
    clusters: Vec<u64>,
    /// Where players may begin: the time, and where its cluster is.
    entries: Vec<(i64, u64)>,
    /// Where the last block ends.
    end: u64,
    last_ms: i64,
    /// How long the last frame is.
    last_duration_ms: i64,
}

/// Finishes a file; answers how long it is in microseconds, or `None` if nothing is in it.
pub(crate) fn finish(path: &Path, is_sound: bool) -> io::Result<Option<i64>> {
    let Some(contents) = contents(File::open(path)?, is_sound)? else {
        return Ok(None);
    };
    let mut file = File::options().write(true).open(path)?;
    let duration_ms = contents.last_ms + contents.last_duration_ms;
    contents.write(&mut file, duration_ms)?;
    file.sync_all()?;
    Ok(Some(duration_ms * 1_000))
}

fn contents(file: File, is_sound: bool) -> io::Result<Option<Contents>> {
    let mut reader = Reader::new(file);
    let mut contents = Contents::default();
    while let Some(block) = reader.read()? {
        let begins_cluster = contents.clusters.last() != Some(&block.cluster_at);
        if begins_cluster {
            contents.clusters.push(block.cluster_at);
        }
        if if is_sound { begins_cluster } else { block.is_key } {
            contents.entries.push((block.at_ms, block.cluster_at));
        }
        contents.last_duration_ms = if is_sound {
            opus_duration_us(&block.frame).unwrap_or(0) / 1_000
        } else {
            // As long as the one before it, if that did not stand still for long.
            (block.at_ms - contents.last_ms).clamp(0, 100)
        };
        contents.last_ms = block.at_ms;
        contents.end = block.end;
    }
    contents.segment_at = reader.segment_at;
    Ok((contents.end > 0).then_some(contents))
}

impl Contents {
    fn write(&self, file: &mut File, duration_ms: i64) -> io::Result<()> {
        file.set_len(self.end)?;
        let cues = self.cues();
        let mut put = |at: u64, bytes: &[u8]| -> io::Result<()> {
            file.seek(SeekFrom::Start(at))?;
            file.write_all(bytes)
        };
        put(self.end, &cues)?;
        // Sizes are eight bytes before what they are of.
        let ends = self.clusters.iter().skip(1).chain([&self.end]);
        for (cluster_at, end) in self.clusters.iter().zip(ends) {
            let body_at = cluster_at + 12;
            put(body_at - 8, &wide_size(end - body_at))?;
        }
        let info_at = self.segment_at + SEEK_HEAD_BYTES as u64;
        put(self.segment_at, &self.seek_head())?;
        // Its first child, behind four bytes of an id and one of a size.
        #[expect(clippy::cast_precision_loss, reason = "some hours in milliseconds are exact")]
        put(info_at + 5, &element(DURATION, &(duration_ms as f64).to_be_bytes()))?;
        let file_end = self.end + cues.len() as u64;
        put(self.segment_at - 8, &wide_size(file_end - self.segment_at))
    }

    fn cues(&self) -> Vec<u8> {
        let points = self.entries.iter().map(|(at_ms, cluster_at)| {
            let position = [element(0xf7, &[TRACK]), number(0xf1, cluster_at - self.segment_at)];
            master(0xbb, &[number(0xb3, at_ms.unsigned_abs()), master(0xb7, &position)])
        });
        master(CUES, &points.collect::<Vec<_>>())
    }

    fn seek_head(&self) -> Vec<u8> {
        let seek = [
            element(0x53ab, &CUES.to_be_bytes()),
            number(0x53ac, self.end - self.segment_at),
        ];
        master(SEEK_HEAD, &[master(0x4dbb, &seek)])
    }
}

const _: () = assert!(
    DURATION_BYTES == 11 && SEEK_HEAD_BYTES == 26,
    "as the elements above are"
);
