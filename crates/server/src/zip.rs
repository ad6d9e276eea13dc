//! A ZIP of files as they are, written while it is read: nobody waits for it to be made, and no copy of it is kept.
//!
//! What is in it is compressed already, so it is *stored* (APPNOTE.TXT 6.3.10, method 0). The checksum of a file is known when its last
//! byte has gone by, so it stands behind it (§4.3.9) and in the list at the end, which is what programs read. What is larger than 4 GiB
//! is said by the fields of 64 bits (§4.5.3). How long the whole is follows from the sizes alone.

use crc32fast::Hasher;

/// A file on its way into the archive.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// Its name there.
    pub(crate) name: String,
    /// Its size in bytes.
    pub(crate) size: u64,
}

/// Where 32 bits end.
const LARGE: u64 = u32::MAX as u64;

/// The version that knows fields of 64 bits.
const VERSION: u16 = 45;

/// The checksum stands behind the file, and its name is in UTF-8.
const FLAGS: u16 = 1 << 3 | 1 << 11;

/// 1980-01-01, the first day that the format knows: when a file was recorded is said by its name and the register.
const DAY: u16 = 1 << 5 | 1;

/// What is known of a file that has gone by.
struct Written {
    entry: Entry,
    crc: u32,
    offset: u64,
}

/// Writes an archive: for each file [`Archive::begin`], [`Archive::take`] of its bytes, [`Archive::finish`]; then [`Archive::end`].
#[derive(Default)]
pub(crate) struct Archive {
    written: Vec<Written>,
    offset: u64,
    crc: Hasher,
}

impl Archive {
    /// What stands before a file.
    pub(crate) fn begin(&mut self, entry: &Entry) -> Vec<u8> {
        self.crc = Hasher::new();
        let extra = if entry.is_large() { extra(&[0, 0]) } else { vec![] };
        let mut head = Vec::new();
        put32(&mut head, 0x0403_4b50);
        put16(&mut head, VERSION);
        let unknown = if entry.is_large() { u32::MAX } else { 0 };
        common(&mut head, 0, unknown, entry, &extra);
        head.extend(entry.name.as_bytes());
        head.extend(extra);
        head
    }

    /// Bytes of it go by.
    pub(crate) fn take(&mut self, bytes: &[u8]) {
        self.crc.update(bytes);
    }

    /// What stands behind it.
    pub(crate) fn finish(&mut self, entry: &Entry) -> Vec<u8> {
        let crc = std::mem::take(&mut self.crc).finalize();
        let mut descriptor = Vec::new();
        put32(&mut descriptor, 0x0807_4b50);
        put32(&mut descriptor, crc);
        for _compressed_and_not in 0..2 {
            if entry.is_large() {
                put64(&mut descriptor, entry.size);
            } else {
                put32(&mut descriptor, low(entry.size));
            }
        }
        self.written.push(Written {
            entry: entry.clone(),
            crc,
            offset: self.offset,
        });
        self.offset += entry.stored();
        descriptor
    }

    /// The list of all files, and the end.
    pub(crate) fn end(&self) -> Vec<u8> {
        let mut list = Vec::new();
        for written in &self.written {
            let extra = written.extra();
            put32(&mut list, 0x0201_4b50);
            put16(&mut list, VERSION);
            put16(&mut list, VERSION);
            common(&mut list, written.crc, low(written.entry.size), &written.entry, &extra);
            put16(&mut list, 0);
            put16(&mut list, 0);
            put16(&mut list, 0);
            put32(&mut list, 0);
            put32(&mut list, low(written.offset));
            list.extend(written.entry.name.as_bytes());
            list.extend(extra);
        }
        let (count, length) = (self.written.len() as u64, list.len() as u64);
        if self.offset >= LARGE {
            let end = self.offset + length;
            put32(&mut list, 0x0606_4b50);
            put64(&mut list, 44);
            put16(&mut list, VERSION);
            put16(&mut list, VERSION);
            put64(&mut list, 0);
            for number in [count, count, length, self.offset] {
                put64(&mut list, number);
            }
            put32(&mut list, 0x0706_4b50);
            put32(&mut list, 0);
            put64(&mut list, end);
            put32(&mut list, 1);
        }
        let count = u16::try_from(count).expect("fewer files than a recording may have");
        put32(&mut list, 0x0605_4b50);
        put32(&mut list, 0);
        put16(&mut list, count);
        put16(&mut list, count);
        put32(&mut list, low(length));
        put32(&mut list, low(self.offset));
        put16(&mut list, 0);
        list
    }
}

/// How long an archive of these is.
pub(crate) fn length(entries: &[Entry]) -> u64 {
    let mut archive = Archive::default();
    for entry in entries {
        archive.finish(entry);
    }
    archive.offset + archive.end().len() as u64
}

impl Entry {
    fn is_large(&self) -> bool {
        self.size >= LARGE
    }

    /// How much of the archive it takes, with what stands around it.
    fn stored(&self) -> u64 {
        let around = if self.is_large() { 30 + 20 + 24 } else { 30 + 16 };
        around + self.name.len() as u64 + self.size
    }
}

impl Written {
    /// The numbers that have no room in 32 bits.
    fn extra(&self) -> Vec<u8> {
        let mut large = Vec::new();
        if self.entry.is_large() {
            large.extend([self.entry.size; 2]);
        }
        if self.offset >= LARGE {
            large.push(self.offset);
        }
        if large.is_empty() { vec![] } else { extra(&large) }
    }
}

/// What the head of a file and its line in the list have in common. A head knows no sizes, but that they need 64 bits.
fn common(to: &mut Vec<u8>, crc: u32, size: u32, entry: &Entry, extra: &[u8]) {
    put16(to, FLAGS);
    put16(to, 0);
    put16(to, 0);
    put16(to, DAY);
    put32(to, crc);
    put32(to, size);
    put32(to, size);
    put16(to, u16::try_from(entry.name.len()).expect("names are short"));
    put16(to, u16::try_from(extra.len()).expect("three numbers"));
}

fn extra(numbers: &[u64]) -> Vec<u8> {
    let mut extra = Vec::new();
    put16(&mut extra, 1);
    put16(&mut extra, u16::try_from(8 * numbers.len()).expect("three numbers"));
    for number in numbers {
        put64(&mut extra, *number);
    }
    extra
}

/// A number in 32 bits; one that has no room there is all ones, and stands elsewhere.
fn low(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn put16(to: &mut Vec<u8>, number: u16) {
    to.extend(number.to_le_bytes());
}

fn put32(to: &mut Vec<u8>, number: u32) {
    to.extend(number.to_le_bytes());
}

fn put64(to: &mut Vec<u8>, number: u64) {
    to.extend(number.to_le_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_is_as_long_as_was_said_and_its_lists_lead_to_its_files() {
        let contents: [(&str, &[u8]); 3] = [("a.webm", b"abc"), ("\u{e9}.wav", b""), ("mix.mp3", &[7; 1_000])];
        let entry = |(name, bytes): &(&str, &[u8])| Entry {
            name: (*name).to_owned(),
            size: bytes.len() as u64,
        };
        let entries: Vec<Entry> = contents.iter().map(entry).collect();
        let mut archive = Archive::default();
        let mut all = Vec::new();
        for (entry, (_, bytes)) in entries.iter().zip(&contents) {
            all.extend(archive.begin(entry));
            archive.take(bytes);
            all.extend(*bytes);
            all.extend(archive.finish(entry));
        }
        all.extend(archive.end());
        assert_eq!(all.len() as u64, length(&entries));
        let number = |at: usize, length: usize| {
            let bytes = all[at..at + length].iter().rev();
            bytes.fold(0_usize, |number, byte| number << 8 | usize::from(*byte))
        };
        let end = all.len() - 22;
        assert_eq!(number(end, 4), 0x0605_4b50);
        assert_eq!(number(end + 8, 2), 3);
        let mut at = number(end + 16, 4);
        for (name, bytes) in contents {
            assert_eq!(number(at, 4), 0x0201_4b50);
            assert_eq!(
                number(at + 16, 4),
                usize::try_from(crc32fast::hash(bytes)).expect("32 bits")
            );
            assert_eq!(number(at + 24, 4), bytes.len());
            let head = number(at + 42, 4);
            assert_eq!(number(head, 4), 0x0403_4b50);
            let begin = head + 30 + name.len();
            assert_eq!(&all[head + 30..begin], name.as_bytes());
            assert_eq!(&all[begin..begin + bytes.len()], bytes);
            at += 46 + name.len();
        }
        assert_eq!(at, end);
    }

    /// As read back by the rules of 64 bits: what is large is said twice.
    #[test]
    fn what_is_larger_than_32_bits_is_said_in_64() {
        let large = Entry {
            name: "a".to_owned(),
            size: 5 << 30,
        };
        let mut archive = Archive::default();
        assert_eq!(
            archive.begin(&large).len() + archive.finish(&large).len(),
            30 + 1 + 20 + 24
        );
        let small = Entry {
            name: "b".to_owned(),
            size: 1,
        };
        archive.finish(&small);
        assert_eq!(archive.offset, large.stored() + small.stored());
        assert_eq!(archive.end().len(), 46 + 1 + 20 + 46 + 1 + 12 + 56 + 20 + 22);
    }
}
