//! What is declared of a configuration key: one row, from which everything else that must know of it follows.
//!
//! The flag with its help, the variable, the check of a value, the key in the file and the page for operators are all read
//! from here. A row ends with what it sets, so nothing merges: [`Draft`] begins with the defaults, and the file, the environment
//! and the flags write over it in turn. Every source hands over text, which keeps the rules and their wording the same for all.

use std::ffi::OsStr;
use std::ops::RangeInclusive;
use std::path::PathBuf;

use super::Draft;

/// Keys that belong together: a table of the file, and a chapter of the page for operators.
#[derive(Debug)]
pub(super) struct Section {
    pub(super) title: &'static str,
    /// Above its flags in the help, if they are apart from the others.
    pub(super) heading: Option<&'static str>,
    /// Its table in the file; `None` is the top of it.
    pub(super) table: Option<&'static str>,
    /// What the page says above the keys.
    pub(super) introduction: &'static str,
    pub(super) keys: &'static [Key],
}

/// One thing that an operator may set.
#[derive(Debug)]
pub(super) struct Key {
    /// What it is called in its table of the file; `None` if it cannot stand there.
    pub(super) name: Option<&'static str>,
    /// How it is given outside of the file; `None` if it cannot be, as a secret that everybody on the machine would read.
    pub(super) flag: Option<Flag>,
    pub(super) default: Fallback,
    /// One sentence, for the help and for the page.
    pub(super) help: &'static str,
    /// What the page says beyond that.
    pub(super) more: &'static str,
    pub(super) set: Set,
}

/// A flag and the variable of the environment that stands for it.
#[derive(Debug)]
pub(super) struct Flag {
    pub(super) name: &'static str,
    pub(super) environment: &'static str,
    /// What stands for the value in the help.
    pub(super) value: &'static str,
}

/// What holds for a key that is not set.
#[derive(Debug)]
pub(super) enum Fallback {
    /// This value.
    Value(&'static str),
    /// What these words say, and the code that uses the key does.
    Words(&'static str),
    /// Nothing that would have to be said.
    Nothing,
    /// The table it stands in is refused.
    Needed,
}

/// What a key may be, and what it sets.
#[derive(Debug)]
pub(super) enum Set {
    /// A path.
    Path(fn(&mut Draft, PathBuf)),
    /// Any text.
    Text(fn(&mut Draft, String)),
    /// Text that is shown to nobody.
    Secret(fn(&mut Draft, String)),
    /// Text of a form, which is said in words.
    Form(&'static str, fn(&mut Draft, &str) -> Option<()>),
    /// A whole number.
    Number(RangeInclusive<u64>, fn(&mut Draft, u64)),
    /// One of these.
    Choice(&'static [Choice]),
    /// Yes or no.
    Switch(fn(&mut Draft, bool)),
    /// Texts without commas, since one separates them where only one text can be given. What they are is said in words.
    List(&'static str, fn(&mut Draft, &[&str]) -> Option<()>),
    /// The file that the others stand in, which is read before them.
    File,
}

/// One of the values of a key.
#[derive(Debug)]
pub(super) struct Choice {
    pub(super) name: &'static str,
    pub(super) help: &'static str,
    pub(super) set: fn(&mut Draft),
}

/// A value that a key may not have.
#[derive(Debug, thiserror::Error)]
#[error("it is not {0}")]
pub(super) struct NotAllowed(pub(super) String);

impl Key {
    /// Sets what the text says.
    pub(super) fn set(&self, to: &mut Draft, given: &OsStr) -> Result<(), NotAllowed> {
        self.set.apply(to, given).ok_or_else(|| NotAllowed(self.set.allowed()))
    }
}

impl Set {
    fn apply(&self, to: &mut Draft, given: &OsStr) -> Option<()> {
        match self {
            Set::Path(set) => set(to, given.into()),
            Set::Text(set) | Set::Secret(set) => set(to, given.to_str()?.to_owned()),
            Set::Form(_, set) => set(to, given.to_str()?)?,
            Set::Number(range, set) => {
                let number = given.to_str()?.parse().ok()?;
                set(to, range.contains(&number).then_some(number)?);
            }
            Set::Choice(choices) => (choices.iter().find(|choice| choice.name == given)?.set)(to),
            Set::Switch(set) => set(to, given.to_str()?.parse().ok()?),
            Set::List(_, set) => {
                let items = given.to_str()?.split(',').filter(|item| !item.is_empty());
                set(to, &items.collect::<Vec<_>>())?;
            }
            Set::File => {}
        }
        Some(())
    }

    /// The values that are allowed, in words that follow "it is not".
    pub(super) fn allowed(&self) -> String {
        match self {
            Set::Path(_) | Set::File => "a path".to_owned(),
            Set::Text(_) | Set::Secret(_) => "a text".to_owned(),
            Set::Form(form, _) | Set::List(form, _) => (*form).to_owned(),
            Set::Number(range, _) if *range.end() == u64::MAX => "a whole number".to_owned(),
            Set::Number(range, _) => format!("a whole number from {} to {}", range.start(), range.end()),
            Set::Choice(choices) => {
                let names: Vec<&str> = choices.iter().map(|choice| choice.name).collect();
                format!("one of {}", names.join(", "))
            }
            Set::Switch(_) => "true or false".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use crate::configuration::{ALL, STORE};

    /// Who knows a key by one of its names knows the others.
    #[test]
    fn names_follow_one_rule() {
        let mut seen = BTreeSet::new();
        for (section, key) in ALL
            .iter()
            .flat_map(|section| section.keys.iter().map(move |key| (section, key)))
        {
            assert!(key.name.is_some() || key.flag.is_some(), "{key:?} cannot be given");
            assert!(seen.insert((section.table, key.name, key.flag.as_ref().map(|flag| flag.name))));
            let Some(flag) = &key.flag else { continue };
            let snake = flag.name.replace('-', "_");
            assert_eq!(flag.environment, format!("SEDERUNT_{}", snake.to_uppercase()));
            if let (None, Some(name)) = (section.table, key.name) {
                assert_eq!(name, snake);
            }
        }
    }

    /// Hints, here and of `sederunt doctor`, speak of flags that there are.
    #[test]
    fn hints_name_flags_that_there_are() {
        let known: BTreeSet<&str> = ALL
            .iter()
            .flat_map(|section| section.keys)
            .filter_map(|key| Some(key.flag.as_ref()?.name))
            .collect();
        let mut named = 0;
        for source in [
            include_str!("error.rs"),
            include_str!("https.rs"),
            include_str!("../doctor.rs"),
        ] {
            for after in source.split("`--").skip(1) {
                let name = after.split(|next: char| next != '-' && !next.is_alphanumeric()).next();
                assert!(name.is_some_and(|name| known.contains(name)), "--{name:?}");
                named += 1;
            }
        }
        assert!(named > 10, "{named} flags were found in hints");
        assert!(
            STORE.keys.iter().all(|key| key.flag.is_some()),
            "commands take no other than flags"
        );
    }
}
