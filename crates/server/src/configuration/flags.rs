//! Flags and the environment: the rows as `clap` wants them.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use clap::builder::{PathBufValueParser, PossibleValue, TypedValueParser};
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};

use super::database::has_password;
use super::key::{Fallback, Flag, Key, Section, Set};
use super::{ALL, Configuration, ConfigurationError, Draft, STORE, StoreConfiguration, file};

/// What was given to a command that needs the store only.
#[derive(Debug)]
pub struct StoreFlags(Given);

/// What was given to `serve`, or to `doctor`.
#[derive(Debug)]
pub struct ServeFlags(Given);

impl StoreFlags {
    /// Adds the file and the defaults.
    pub fn resolve(self) -> Result<StoreConfiguration, ConfigurationError> {
        self.0.draft()?.configuration.store.checked()
    }
}

impl ServeFlags {
    #[cfg(test)]
    pub(super) fn shows_password(&self) -> bool {
        self.0.shows_password
    }

    /// Adds the file and the defaults.
    pub fn resolve(self) -> Result<Configuration, ConfigurationError> {
        self.0.draft()?.resolve()
    }
}

#[derive(Debug)]
struct Given {
    /// Texts by their keys, from flags and the environment. Each was checked.
    texts: Vec<(&'static Key, OsString)>,
    /// Whether the password of the database is among the flags.
    shows_password: bool,
}

impl Given {
    fn of(sections: &'static [Section], matches: &ArgMatches) -> Given {
        let keys = sections.iter().flat_map(|section| section.keys);
        Given {
            texts: keys.filter_map(|key| Some((key, text(matches, key)?))).collect(),
            shows_password: shows_password(matches),
        }
    }

    /// The defaults, and over them the file, and over that what was given.
    fn draft(&self) -> Result<Draft, ConfigurationError> {
        if self.shows_password {
            tracing::warn!(
                "the password in `--database` is read by everybody on this machine who lists its processes; \
                 use `--database-password-file`, `SEDERUNT_DATABASE` or the configuration file"
            );
        }
        let mut draft = Draft::default();
        if let Some((_, path)) = self.texts.iter().find(|(key, _)| matches!(key.set, Set::File)) {
            file::read(path.as_ref(), &mut draft)?;
        }
        for (key, text) in &self.texts {
            key.set(&mut draft, text).expect("`Checked` let it through");
        }
        Ok(draft)
    }
}

/// Whether a flag shows the password of the database to whoever lists the processes of this machine.
fn shows_password(matches: &ArgMatches) -> bool {
    const NAME: &str = "database";
    let url = matches.get_one::<OsString>(NAME).and_then(|url| url.to_str());
    matches.value_source(NAME) == Some(ValueSource::CommandLine) && url.is_some_and(has_password)
}

/// What was given for a key; several items of a list are one text.
fn text(matches: &ArgMatches, key: &Key) -> Option<OsString> {
    let name = key.flag.as_ref()?.name;
    match matches.value_source(name) {
        Some(ValueSource::CommandLine | ValueSource::EnvVariable) => {}
        _ => return None,
    }
    if let Set::Switch(_) = key.set {
        return Some(matches.get_flag(name).to_string().into());
    }
    let items: Vec<&OsStr> = matches.get_many::<OsString>(name)?.map(OsString::as_os_str).collect();
    Some(items.join(OsStr::new(",")))
}

fn with_flags(command: Command, sections: &'static [Section]) -> Command {
    command.args(sections.iter().flat_map(|section| {
        let flagged = section.keys.iter().filter_map(|key| Some((key, key.flag.as_ref()?)));
        flagged.map(|(key, flag)| argument(key, flag).help_heading(section.heading))
    }))
}

fn argument(key: &'static Key, flag: &Flag) -> Arg {
    let default = match key.default {
        Fallback::Value(default) | Fallback::Words(default) => format!(" [default: {}]", default.replace('`', "")),
        Fallback::Nothing | Fallback::Needed => String::new(),
    };
    let argument = Arg::new(flag.name)
        .long(flag.name)
        .env(flag.environment)
        .help(format!("{}{default}", key.help));
    match key.set {
        Set::Switch(_) => argument.action(ArgAction::SetTrue),
        Set::List(..) => argument
            .action(ArgAction::Append)
            .value_name(flag.value)
            .value_parser(Checked(key)),
        _ => argument
            .value_name(flag.value)
            .hide_env_values(matches!(key.set, Set::Secret(_)))
            .value_parser(Checked(key)),
    }
}

/// Lets text through that its key may have.
#[derive(Clone)]
struct Checked(&'static Key);

impl TypedValueParser for Checked {
    type Value = OsString;

    fn parse_ref(&self, command: &Command, arg: Option<&Arg>, text: &OsStr) -> Result<OsString, clap::Error> {
        let key = self.0;
        if let Set::Path(_) | Set::File = key.set {
            let path = PathBufValueParser::new().parse_ref(command, arg, text);
            return path.map(PathBuf::into_os_string);
        }
        let check = move |text: &str| key.set(&mut Draft::default(), text.as_ref());
        check.parse_ref(command, arg, text)?;
        Ok(text.to_owned())
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let Set::Choice(choices) = self.0.set else { return None };
        let values = choices
            .iter()
            .map(|choice| PossibleValue::new(choice.name).help(choice.help));
        Some(Box::new(values))
    }
}

impl Args for StoreFlags {
    fn augment_args(command: Command) -> Command {
        with_flags(command, &[STORE])
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for StoreFlags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        Ok(StoreFlags(Given::of(&[STORE], matches)))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for ServeFlags {
    fn augment_args(command: Command) -> Command {
        with_flags(command, &ALL)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for ServeFlags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        Ok(ServeFlags(Given::of(&ALL, matches)))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
