//! Lines of an offer that say the same of themselves but for their names.
//!
//! A page offers three lines on which it receives sound and sixteen for pictures, and of each of the sixteen it says the same five kilobytes. The stack
//! would parse and compare all of it again for each line, which is nine tenths of what an answer costs, and keep as much for each. So of those
//! that are alike it is shown the first, and the others are answered as that one is, with names of their own. It hears of one of them when
//! something is sent there (`sending`).

use std::{borrow::Cow, fmt::Write};

use crate::core::offer::Plan;

const BUNDLE: &str = "a=group:BUNDLE ";
const STREAMS: &str = "a=msid-semantic:";
/// What names take more of a copy than of what it is like, about.
const COPY_BYTES: usize = 128;

/// An offer, and which of its sections are alike.
pub(super) struct Abridged<'a> {
    /// The offer without those that are like an earlier one.
    pub(super) offer: Cow<'a, str>,
    sections: Vec<Section<'a>>,
}

struct Section<'a> {
    mid: &'a str,
    /// The one that it is like.
    like: Option<&'a str>,
}

/// A line that the stack has not seen, as it is answered.
pub(super) struct Copied {
    pub(super) mid: String,
    /// The sources of the line that it is like, and its own.
    pub(super) sources: Vec<(u32, u32)>,
}

impl<'a> Abridged<'a> {
    pub(super) fn of(offer: &'a str, plan: &Plan) -> Abridged<'a> {
        let (head, texts) = split(offer);
        let is_receiving = |mid: &str| plan.audio.iter().chain(&plan.video).any(|other| other == mid);
        let (mut sections, mut kept) = (Vec::<Section<'_>>::new(), vec![]);
        let mut seen: Vec<(&str, (&str, &str))> = vec![];
        for text in texts {
            let (mid, rest) = named(text).unwrap_or(("", (text, "")));
            let like = seen.iter().find(|(_, other)| *other == rest).map(|(like, _)| *like);
            sections.push(Section { mid, like });
            if like.is_none() {
                kept.push(text);
                if is_receiving(mid) {
                    seen.push((mid, rest));
                }
            }
        }
        if kept.len() == sections.len() {
            let offer = Cow::Borrowed(offer);
            return Abridged { offer, sections };
        }
        let is_kept = |mid: &str| {
            let section = sections.iter().find(|section| section.mid == mid);
            section.is_none_or(|section| section.like.is_none())
        };
        let lines = head.split_inclusive('\n').map(|line| match line.strip_prefix(BUNDLE) {
            Some(mids) => {
                let mids: Vec<&str> = mids.split_whitespace().filter(|mid| is_kept(mid)).collect();
                Cow::Owned(format!("{BUNDLE}{}\r\n", mids.join(" ")))
            }
            None => Cow::Borrowed(line),
        });
        let offer: String = lines.chain(kept.into_iter().map(Cow::Borrowed)).collect();
        Abridged {
            offer: Cow::Owned(offer),
            sections,
        }
    }

    /// The line that one is like, if that is an earlier one.
    pub(super) fn like(&self, mid: &str) -> Option<&'a str> {
        self.sections.iter().find(|section| section.mid == mid)?.like
    }

    /// The answer to the whole offer, from that to what was kept of it.
    pub(super) fn completed(&self, answer: String, copied: &[Copied]) -> String {
        if copied.is_empty() {
            return answer;
        }
        let (head, answered) = split(&answer);
        let originals = self
            .sections
            .iter()
            .filter_map(|section| find(&answered, section.like?));
        let bytes: usize = originals.map(|original| original.len() + COPY_BYTES).sum();
        let mut whole = String::with_capacity(answer.len() + bytes);
        for line in head.split_inclusive('\n') {
            self.push_head(&mut whole, line, &answered);
        }
        let mut kept = answered.iter();
        for section in &self.sections {
            let copy = copied.iter().find(|copy| copy.mid == section.mid);
            let original = section.like.and_then(|like| find(&answered, like));
            match original.zip(copy) {
                Some((original, copy)) => push_copy(&mut whole, original, copy),
                None => whole.extend(kept.next().copied()),
            }
        }
        whole
    }

    /// A line from before all sections. Two of them name what is in sections.
    fn push_head(&self, whole: &mut String, line: &str, answered: &[&str]) {
        if let Some(mids) = line.strip_prefix(BUNDLE) {
            let is_in = |section: &&Section<'_>| {
                let answered = section.like.unwrap_or(section.mid);
                mids.split_whitespace().any(|mid| mid == answered)
            };
            let mids: Vec<&str> = self.sections.iter().filter(is_in).map(|section| section.mid).collect();
            whole.extend([BUNDLE, &mids.join(" ")]);
        } else {
            whole.push_str(line.trim_end());
        }
        if line.starts_with(STREAMS) {
            for (mid, like) in self
                .sections
                .iter()
                .filter_map(|section| Some((section.mid, section.like?)))
            {
                let mut said = find(answered, like).into_iter().flat_map(str::lines);
                let ids = said.find_map(|line| line.strip_prefix("a=msid:")?.split_once(' '));
                if let Some((stream, _)) = ids {
                    whole.extend([" ", &of(stream, mid)]);
                }
            }
        }
        whole.push_str("\r\n");
    }
}

/// What is before all sections, and these.
fn split(sdp: &str) -> (&str, Vec<&str>) {
    let mut begins: Vec<usize> = sdp.match_indices("\nm=").map(|(at, _)| at + 1).collect();
    let head = &sdp[..begins.first().copied().unwrap_or(sdp.len())];
    begins.push(sdp.len());
    let sections = begins.windows(2).map(|ends| &sdp[ends[0]..ends[1]]);
    (head, sections.collect())
}

/// A section's name, and what is before and after it.
fn named(section: &str) -> Option<(&str, (&str, &str))> {
    let (before, rest) = section.split_once("\na=mid:")?;
    let (mid, after) = rest.split_once('\n')?;
    Some((mid.trim(), (before, after)))
}

fn find<'a>(sections: &[&'a str], mid: &str) -> Option<&'a str> {
    let is_it = |section: &&str| named(section).is_some_and(|(other, _)| other == mid);
    sections.iter().copied().find(is_it)
}

/// The same name, for another line.
fn of(name: &str, mid: &str) -> String {
    format!("{name}-{mid}")
}

/// Says of a line what is said of one that it is like. Candidates are of all lines, and said of the first.
fn push_copy(whole: &mut String, original: &str, copy: &Copied) {
    let mid = &copy.mid;
    let source = |said: &str| {
        let number = said.parse().ok();
        let renamed = copy.sources.iter().find(|(theirs, _)| Some(*theirs) == number);
        renamed.map_or_else(|| said.to_owned(), |(_, ours)| ours.to_string())
    };
    let ids = |ids: &str| {
        let ids: Vec<String> = ids.split_whitespace().map(|id| of(id, mid)).collect();
        ids.join(" ")
    };
    for line in original.split_inclusive('\n') {
        let (name, value) = line.trim_end().split_once(':').unwrap_or((line.trim_end(), ""));
        let value = match name {
            "a=candidate" | "a=end-of-candidates" => continue,
            "a=mid" => mid.clone(),
            "a=msid" => ids(value),
            "a=ssrc" => {
                let (ssrc, attribute) = value.split_once(' ').unwrap_or((value, ""));
                let attribute = match attribute.split_once(':') {
                    Some((kind @ ("msid" | "cname"), value)) => format!("{kind}:{}", ids(value)),
                    _ => attribute.to_owned(),
                };
                format!("{} {attribute}", source(ssrc))
            }
            "a=ssrc-group" => {
                let mut words = value.split_whitespace();
                let kind = words.next().unwrap_or_default();
                words.fold(kind.to_owned(), |said, word| said + " " + &source(word))
            }
            _ => {
                whole.push_str(line);
                continue;
            }
        };
        // Writing to a string does not fail.
        let _ = write!(whole, "{name}:{value}\r\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An offer in a few words: the name of a section, and what is said of it.
    fn offer(sections: &[(&str, &str)]) -> String {
        let mids: Vec<&str> = sections.iter().map(|(mid, _)| *mid).collect();
        let mut text = format!("v=0\r\na=group:BUNDLE {}\r\na=ice-lite\r\n", mids.join(" "));
        for (mid, said) in sections {
            let _ = write!(text, "m=video 9 X 96\r\na=mid:{mid}\r\na={said}\r\n");
        }
        text
    }

    fn plan(video: &[&str]) -> Plan {
        Plan {
            video: video.iter().map(|mid| (*mid).to_owned()).collect(),
            ..Plan::default()
        }
    }

    #[test]
    fn the_first_of_those_that_are_alike_is_kept() {
        let check = |sections: &[(&str, &str)], receiving: &[&str], kept: &[(&str, &str)], like: &[Option<&str>]| {
            let offered = offer(sections);
            let abridged = Abridged::of(&offered, &plan(receiving));
            assert_eq!(abridged.offer, offer(kept));
            let found: Vec<Option<&str>> = sections.iter().map(|(mid, _)| abridged.like(mid)).collect();
            assert_eq!(found, like);
        };
        let (x, y) = ("x", "y");
        check(
            &[("0", x), ("1", x), ("2", y), ("3", x), ("4", y)],
            &["0", "1", "2", "3", "4"],
            &[("0", x), ("2", y)],
            &[None, Some("0"), None, Some("0"), Some("2")],
        );
        check(&[("0", x), ("1", y)], &["0", "1"], &[("0", x), ("1", y)], &[None, None]);
        // Those that send are not.
        let sending = [("0", x), ("1", x)];
        check(&sending, &[], &sending, &[None, None]);
    }

    #[test]
    fn others_are_answered_with_names_of_their_own() {
        let offered = offer(&[("0", "x"), ("1", "y"), ("2", "x"), ("3", "z")]);
        let abridged = Abridged::of(&offered, &plan(&["0", "2"]));
        let section = |mid: &str, candidate: &str, name: &str, [ssrc, again]: [u32; 2]| {
            format!(
                "m=video 9 X 96\r\n{candidate}a=mid:{mid}\r\na=msid:s{name} t{name}\r\na=rtpmap:96 VP8/90000\r\na=ssrc:{ssrc} cname:c{name}\r\n\
                 a=ssrc:{again} msid:s{name} t{name}\r\na=ssrc-group:FID {ssrc} {again}\r\n"
            )
        };
        let candidate = "a=candidate:1 1 udp 1 ::1 9 typ host\r\na=end-of-candidates\r\n";
        let (first, last) = (section("0", candidate, "", [7, 8]), "m=video 9 X 96\r\na=mid:1\r\n");
        let after = "m=video 9 X 96\r\na=mid:3\r\n";
        let answer = format!("v=0\r\na=group:BUNDLE 0 1 3\r\na=msid-semantic: WMS s\r\n{first}{last}{after}");
        let copied = [Copied {
            mid: "2".to_owned(),
            sources: vec![(7, 70), (8, 80)],
        }];
        let copy = section("2", "", "-2", [70, 80]);
        let expected =
            format!("v=0\r\na=group:BUNDLE 0 1 2 3\r\na=msid-semantic: WMS s s-2\r\n{first}{last}{copy}{after}");
        assert_eq!(abridged.completed(answer, &copied), expected);
    }
}
