//! Writing over what was deleted, a piece at a time, so that nothing is left of it and nobody waits long.
//!
//! A deleted row stays in its page until something else needs the place. SQLite's `secure_delete` writes zeros over it, and every
//! connection of ours has that on; but it overlooks the copies that stay behind when rows move to other pages, and what was
//! deleted before. So all pages are gone through, and what no row uses of each is zeroed. Writing the file anew (`vacuum`) would do
//! that too, in one write that takes as long as the file is large, while whoever joins a meeting waits and is refused.
//!
//! A page is changed by a write like any other (`sqlite_dbpage`), so readers, the log and a crash are SQLite's to deal with. What is
//! read here of the file's format: a page of a tree has rows at its end, pointers to them at its beginning, and between them, and in
//! a chain of free pieces among the rows, what nobody uses (<https://www.sqlite.org/fileformat2.html#b_tree_pages>); a free page is of no use at
//! all. Pages that go on with a long row are new when they are taken, and hold nothing else.
//!
//! At last the log is moved into the file and cut to nothing, since it holds pages as they were.

use super::engine_error::translate;
use crate::{Error, limits::SCRUB_PAGES_PER_STEP};
use rusqlite::{Connection, OptionalExtension};
use std::{collections::BTreeMap, iter::once, ops::Range};

/// Where the first page has the number of the first page that lists free ones.
const FIRST_TRUNK_AT: usize = 32;

/// The bytes of a page that are kept for extensions, which we have none of, stand here in the first page.
const RESERVED_AT: usize = 20;

/// How long the head of the first page is, before it is a page of a tree as others are.
const FILE_HEAD_BYTES: usize = 100;

/// Writes over what is unused in some pages from this one on; `None` if there are none.
pub(super) fn overwrite(connection: &mut Connection, from: u32) -> Result<Option<u32>, Error> {
    let transaction = connection
        .transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)
        .map_err(translate)?;
    let pages: u32 = transaction
        .query_row("pragma page_count", [], |row| row.get(0))
        .map_err(translate)?;
    if from > pages {
        return Ok(None);
    }
    let free = free_pages(&transaction)?;
    let next = from.saturating_add(SCRUB_PAGES_PER_STEP);
    for number in from..next.min(pages + 1) {
        let Some(mut page) = page(&transaction, number)? else {
            continue;
        };
        if clear(&mut page, number, &free) {
            let mut write = transaction
                .prepare_cached("update sqlite_dbpage set data = $1 where pgno = $2")
                .map_err(translate)?;
            write.execute((page, number)).map_err(translate)?;
        }
    }
    transaction.commit().map_err(translate)?;
    Ok(Some(next))
}

/// Moves the log into the file and cuts it, unless somebody still reads from it.
pub(super) fn cut_log(connection: &Connection) -> Result<bool, Error> {
    let busy: i64 = connection
        .query_row("pragma wal_checkpoint(truncate)", [], |row| row.get(0))
        .map_err(translate)?;
    Ok(busy == 0)
}

fn page(connection: &Connection, number: u32) -> Result<Option<Vec<u8>>, Error> {
    connection
        .prepare_cached("select data from sqlite_dbpage where pgno = $1")
        .and_then(|mut read| read.query_row([number], |row| row.get(0)).optional())
        .map_err(translate)
}

/// The free pages, each with how many bytes at its beginning are in use: some list the others.
fn free_pages(connection: &Connection) -> Result<BTreeMap<u32, usize>, Error> {
    let mut free = BTreeMap::new();
    let first = page(connection, 1)?.unwrap_or_default();
    let mut trunk = number_at(&first, FIRST_TRUNK_AT).unwrap_or(0);
    while trunk != 0 && !free.contains_key(&trunk) {
        let list = page(connection, trunk)?.unwrap_or_default();
        let count = number_at(&list, 4).unwrap_or(0) as usize;
        free.insert(trunk, 8 + 4 * count);
        let others = (0..count).map_while(|index| number_at(&list, 8 + 4 * index));
        free.extend(others.map(|number| (number, 0)));
        trunk = number_at(&list, 0).unwrap_or(0);
    }
    Ok(free)
}

/// Zeroes what is unused in a page; false if there was nothing but zeros.
fn clear(page: &mut [u8], number: u32, free: &BTreeMap<u32, usize>) -> bool {
    let unused = match free.get(&number) {
        Some(used) => once(*used..page.len()).collect(),
        None => unused(page, number).unwrap_or_default(),
    };
    let mut changed = false;
    for range in unused {
        let bytes = page.get_mut(range).unwrap_or_default();
        changed |= bytes.iter().any(|byte| *byte != 0);
        bytes.fill(0);
    }
    changed
}

/// What no row uses of a page of a tree; `None` for a page of another kind, or a damaged one, which is not for us to touch.
fn unused(page: &[u8], number: u32) -> Option<Vec<Range<usize>>> {
    let start = if number == 1 { FILE_HEAD_BYTES } else { 0 };
    let head = match page.get(start)? {
        2 | 5 => 12,
        10 | 13 => 8,
        _ => return None,
    };
    if number == 1 && page[RESERVED_AT] != 0 {
        return None;
    }
    let short = |at: usize| Some(usize::from(u16::from_be_bytes([*page.get(at)?, *page.get(at + 1)?])));
    let pointers_end = start + head + 2 * short(start + 3)?;
    let rows_start = match short(start + 5)? {
        0 => 1 << 16,
        rows_start => rows_start,
    };
    if pointers_end > rows_start || rows_start > page.len() {
        return None;
    }
    let mut unused: Vec<_> = once(pointers_end..rows_start).collect();
    let mut piece = short(start + 1)?;
    let mut last = rows_start;
    while piece != 0 {
        // They stand in the order of their places, and each keeps its own head.
        let end = piece + short(piece + 2)?;
        if piece < last || end < piece + 4 || end > page.len() {
            return None;
        }
        unused.push(piece + 4..end);
        last = end;
        piece = short(piece)?;
    }
    Some(unused)
}

fn number_at(page: &[u8], at: usize) -> Option<u32> {
    let bytes = page.get(at..at + 4)?;
    Some(u32::from_be_bytes(bytes.try_into().ok()?))
}
