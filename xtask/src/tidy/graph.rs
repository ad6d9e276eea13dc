//! Arrows between named things, and the circles among them.

use std::collections::{BTreeMap, BTreeSet};

/// Who names whom, with the first place where it does.
#[derive(Default)]
pub(super) struct Graph(BTreeMap<String, BTreeMap<String, String>>);

impl Graph {
    pub(super) fn add(&mut self, from: &str, to: &str, place: &str) {
        let arrows = self.0.entry(from.to_owned()).or_default();
        arrows.entry(to.to_owned()).or_insert_with(|| place.to_owned());
    }

    /// The arrows with the places where they are written.
    pub(super) fn arrows(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        self.0
            .iter()
            .flat_map(|(from, arrows)| arrows.iter().map(move |(to, place)| (&**from, &**to, &**place)))
    }

    /// The circles, one complaint each: who is in it, and every arrow between them, any of which may be the one to cut.
    pub(super) fn circles(&self) -> Vec<String> {
        let reached: BTreeMap<&str, BTreeSet<&str>> = self.0.keys().map(|one| (&**one, self.reached(one))).collect();
        let mut seen = BTreeSet::new();
        let mut circles = Vec::new();
        for (one, others) in &reached {
            let returns = |other: &&&str| reached.get(**other).is_some_and(|back| back.contains(one));
            let circle: BTreeSet<&str> = others.iter().filter(returns).copied().collect();
            if circle.is_empty() || !seen.insert(circle.clone()) {
                continue;
            }
            let inside = |(from, to, _): &(&str, &str, &str)| circle.contains(from) && circle.contains(to);
            let arrows = self.arrows().filter(inside);
            let arrows: Vec<String> = arrows
                .map(|(from, to, place)| format!("{from} → {to} ({place})"))
                .collect();
            let names: Vec<&str> = circle.iter().copied().collect();
            circles.push(format!("{} import each other: {}", names.join(", "), arrows.join(", ")));
        }
        circles
    }

    /// All that can be come to from here by arrows.
    fn reached<'a>(&'a self, from: &str) -> BTreeSet<&'a str> {
        let mut reached = BTreeSet::new();
        let mut open = vec![from];
        while let Some(one) = open.pop() {
            for to in self.0.get(one).into_iter().flat_map(BTreeMap::keys) {
                if reached.insert(&**to) {
                    open.push(to);
                }
            }
        }
        reached
    }
}
