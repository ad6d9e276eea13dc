//! From what a client wants to see to what stands on its lines.
//!
//! A client asks for canvases and the server answers with lines, so the server may choose the line. It keeps a media entry
//! on the line it is on: a grid that is sorted anew then costs no keyframe and no flicker, the client only attaches its
//! tracks to other tiles. And a `relevant` canvas keeps its media entry for as long as that is relevant enough to be
//! shown at all, so tiles do not change places because somebody coughed.
//!
//! A canvas that shows nothing is not in the result.

use crate::core::{EntryId, layer::Size};

/// One canvas of a layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Canvas {
    pub(crate) id: i64,
    pub(crate) wish: Wish,
    pub(crate) size: Size,
}

/// What a canvas shall show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wish {
    /// Whoever matters most at the moment.
    Relevant,
    /// This media entry and no other.
    Direct(EntryId),
}

/// What a canvas shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Placement {
    pub(crate) canvas: i64,
    pub(crate) entry: EntryId,
    pub(crate) line: usize,
}

/// Places the canvases on `lines` lines. `relevant` are the media entries worth showing, most relevant first; `shown` says
/// whether a media entry exists; `before` is the previous result.
pub(crate) fn place(
    canvases: &[Canvas],
    relevant: &[EntryId],
    shown: impl Fn(EntryId) -> bool,
    before: &[Placement],
    lines: usize,
) -> Vec<Placement> {
    let mut wanted: Vec<(i64, EntryId)> = Vec::new();
    for canvas in canvases {
        if let Wish::Direct(entry) = canvas.wish
            && shown(entry)
        {
            wanted.push((canvas.id, entry));
        }
    }
    let open: Vec<i64> = canvases
        .iter()
        .filter(|canvas| canvas.wish == Wish::Relevant)
        .map(|canvas| canvas.id)
        .collect();
    let mut best: Vec<EntryId> = relevant.to_vec();
    best.retain(|entry| !wanted.iter().any(|(_, taken)| taken == entry));
    best.truncate(open.len());
    let stays = |canvas: i64| {
        before
            .iter()
            .find(|placement| placement.canvas == canvas)
            .map(|placement| placement.entry)
    };
    let mut free: Vec<i64> = vec![];
    for canvas in open {
        let Some(entry) = stays(canvas).filter(|entry| best.contains(entry)) else {
            free.push(canvas);
            continue;
        };
        best.retain(|other| *other != entry);
        wanted.push((canvas, entry));
    }
    wanted.extend(free.into_iter().zip(best));
    lay(&wanted, canvases, before, lines)
}

/// Gives each wanted media entry a line, and answers in the order of the canvases.
fn lay(wanted: &[(i64, EntryId)], canvases: &[Canvas], before: &[Placement], lines: usize) -> Vec<Placement> {
    let mut on_line: Vec<Option<EntryId>> = vec![None; lines];
    let wants = |entry: EntryId| wanted.iter().any(|(_, other)| *other == entry);
    for placement in before.iter().filter(|placement| wants(placement.entry)) {
        on_line[placement.line] = Some(placement.entry);
    }
    for (canvas, entry) in wanted {
        if on_line.contains(&Some(*entry)) {
            continue;
        }
        let same = before
            .iter()
            .find(|placement| placement.canvas == *canvas)
            .map(|placement| placement.line);
        let line = same
            .filter(|line| on_line[*line].is_none())
            .or_else(|| on_line.iter().position(Option::is_none));
        if let Some(line) = line {
            on_line[line] = Some(*entry);
        }
    }
    canvases
        .iter()
        .filter_map(|canvas| {
            let (_, entry) = wanted.iter().find(|(id, _)| *id == canvas.id)?;
            let line = on_line.iter().position(|other| *other == Some(*entry))?;
            Some(Placement {
                canvas: canvas.id,
                entry: *entry,
                line,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const R: Wish = Wish::Relevant;
    const fn d(entry: u32) -> Wish {
        Wish::Direct(EntryId(entry))
    }

    fn layout(wishes: &[(i64, Wish)]) -> Vec<Canvas> {
        wishes
            .iter()
            .map(|(id, wish)| Canvas {
                id: *id,
                wish: *wish,
                size: Size::default(),
            })
            .collect()
    }

    fn entries(ids: &[u32]) -> Vec<EntryId> {
        ids.iter().copied().map(EntryId).collect()
    }

    #[test]
    fn canvases_find_their_lines() {
        let check = |name,
                     wishes: &[(i64, Wish)],
                     relevant: &[u32],
                     before: &[(i64, u32, usize)],
                     expected: &[(i64, u32, usize)]| {
            let before: Vec<_> = before
                .iter()
                .map(|(canvas, entry, line)| Placement {
                    canvas: *canvas,
                    entry: EntryId(*entry),
                    line: *line,
                })
                .collect();
            let placed = place(&layout(wishes), &entries(relevant), |entry| entry.0 < 100, &before, 3);
            let placed: Vec<_> = placed.iter().map(|p| (p.canvas, p.entry.0, p.line)).collect();
            assert_eq!(placed, expected, "{name}");
        };
        check(
            "the most relevant first",
            &[(1, R), (2, R)],
            &[7, 8, 9],
            &[],
            &[(1, 7, 0), (2, 8, 1)],
        );
        check("fewer people than canvases", &[(1, R), (2, R)], &[7], &[], &[(1, 7, 0)]);
        check("nobody", &[(1, R)], &[], &[], &[]);
        check("direct", &[(1, d(9)), (2, d(5))], &[], &[], &[(1, 9, 0), (2, 5, 1)]);
        check("direct to nobody", &[(1, d(900)), (2, d(5))], &[], &[], &[(2, 5, 0)]);
        check(
            "relevant leaves out what is shown directly",
            &[(1, d(7)), (2, R)],
            &[7, 8],
            &[],
            &[(1, 7, 0), (2, 8, 1)],
        );
        check(
            "a new rank does not move tiles",
            &[(1, R), (2, R)],
            &[8, 7],
            &[(1, 7, 0), (2, 8, 1)],
            &[(1, 7, 0), (2, 8, 1)],
        );
        check(
            "who drops out is replaced",
            &[(1, R), (2, R)],
            &[9, 8, 7],
            &[(1, 7, 0), (2, 8, 1)],
            &[(1, 9, 0), (2, 8, 1)],
        );
        check(
            "a sorted grid keeps its lines",
            &[(1, d(5)), (2, d(9))],
            &[],
            &[(1, 9, 0), (2, 5, 1)],
            &[(1, 5, 1), (2, 9, 0)],
        );
        check(
            "the same line for another entry",
            &[(1, d(5))],
            &[],
            &[(1, 9, 2)],
            &[(1, 5, 2)],
        );
        check(
            "twice the same is one line",
            &[(1, d(5)), (2, d(5))],
            &[],
            &[],
            &[(1, 5, 0), (2, 5, 0)],
        );
        check("a layout without canvases", &[], &[7], &[(1, 7, 0)], &[]);
    }

    proptest! {
        #[test]
        fn any_sequence_of_layouts_is_placed_soundly(
            layouts in proptest::collection::vec(
                (proptest::collection::vec(proptest::option::of(1..9_u32), 0..=5), proptest::sample::subsequence((1..9_u32).collect::<Vec<_>>(), 0..8)),
                1..20,
            ),
        ) {
            let mut before = vec![];
            for (wishes, relevant) in layouts {
                let canvases: Vec<_> = (1..).zip(&wishes).map(|(id, wish)| Canvas { id, wish: wish.map_or(R, d), size: Size::default() }).collect();
                let placed = place(&canvases, &entries(&relevant), |_| true, &before, 5);
                for (index, placement) in placed.iter().enumerate() {
                    prop_assert!(placement.line < 5);
                    for other in &placed[..index] {
                        prop_assert!(placement.canvas != other.canvas);
                        prop_assert_eq!(placement.line == other.line, placement.entry == other.entry, "a line per entry");
                    }
                    let moved = before.iter().find(|p: &&Placement| p.entry == placement.entry).is_some_and(|p| p.line != placement.line);
                    prop_assert!(!moved, "a media entry stays on its line");
                }
                let direct = wishes.iter().flatten().count();
                let open = wishes.len() - direct;
                let left = relevant.iter().filter(|entry| !wishes.contains(&Some(**entry))).count();
                prop_assert_eq!(placed.len(), direct + open.min(left), "no canvas stays empty while somebody could be shown");
                before = placed;
            }
        }
    }
}
