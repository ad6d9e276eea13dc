//! Phone numbers: who is asked what to do when one is called (`contracts/voice.md` §2.12).
//!
//! A number belongs to one project at a time, which the database holds to: there is one row of it that is not deleted. A deleted one stays
//! as a row, so that whoever looks at old calls finds whose it was, and the number itself is free for whoever may have it next.

use std::collections::BTreeMap;

use audit::{Action, By};
use db::{Row, Statement, Value};
use serde_json::json;

use crate::{
    Calls, NumberPlan, Trigger,
    address::{Address, is_of_telephones},
    handlers::is_handler,
    limits::{
        HANDLERS_MAX, LABELS_MAX, NUMBER_LABEL_CHARACTERS_MAX, NUMBER_LABEL_KEY_CHARACTERS_MAX, NUMBERS_MAX,
        URI_BYTES_MAX,
    },
    meetings::Target,
    new_id,
    number::normalised,
    page::{List, ListError, Listed, Page},
    text::display_name,
};

/// A phone number of a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhoneNumber {
    /// A UUID: the same number may have had others.
    pub id: String,
    /// Whose it is.
    pub project: String,
    /// `+` and digits.
    pub number: String,
    /// What people call it.
    pub display_name: String,
    /// What is written down of it.
    pub labels: BTreeMap<String, String>,
    /// Who is asked what to do with its calls, the first first: addresses of HTTP and of telephones.
    pub handler_uris: Vec<String>,
    /// When the recording of its calls begins.
    pub recording: Trigger,
    /// When it was made.
    pub create_us: i64,
    /// When it was deleted.
    pub delete_us: Option<i64>,
}

/// What is to be different of a number; `None` stays.
#[derive(Clone, Debug, Default)]
pub struct PhoneNumberChange {
    /// What people call it.
    pub display_name: Option<String>,
    /// What is written down of it.
    pub labels: Option<BTreeMap<String, String>>,
    /// Who is asked.
    pub handler_uris: Option<Vec<String>>,
    /// When the recording of its calls begins.
    pub recording: Option<Trigger>,
}

/// Why a number is not made, changed or moved.
#[derive(Debug, thiserror::Error)]
pub enum PhoneNumberError {
    /// A value cannot be: which field, as the rows name it, and why.
    #[error("{field}: {why}")]
    Invalid {
        /// The field.
        field: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// The operator does not give it to this project.
    #[error(
        "{number} is in no range of `numbers` in the table [telephony] of the configuration that projects/{project} may use"
    )]
    NotGiven {
        /// The number.
        number: String,
        /// Who wants it.
        project: String,
    },
    /// Somebody has it.
    #[error("this number belongs to a project already")]
    Taken,
    /// It is in that project.
    #[error("it is in this project already")]
    Here,
    /// The project has as many as it may.
    #[error("a project has at most {NUMBERS_MAX} numbers")]
    Full,
    /// There is none, or it is deleted.
    #[error("there is no such number")]
    NotFound,
    /// The database.
    #[error("numbers cannot be reached")]
    Store(#[from] db::Error),
}

const COLUMNS: &str =
    "id, project, number, display_name, labels, handler_uris, recording_trigger, create_us, delete_us";

fn phone_number_of(row: &Row) -> Result<PhoneNumber, db::Error> {
    Ok(PhoneNumber {
        id: row.text(0)?.to_owned(),
        project: row.text(1)?.to_owned(),
        number: row.text(2)?.to_owned(),
        display_name: row.text(3)?.to_owned(),
        labels: serde_json::from_str(row.text(4)?).unwrap_or_default(),
        handler_uris: serde_json::from_str(row.text(5)?).unwrap_or_default(),
        recording: Trigger::read(row.int(6)?).unwrap_or(Trigger::Disabled),
        create_us: row.int(7)?,
        delete_us: row.opt_int(8)?,
    })
}

fn invalid(field: &'static str, why: impl Into<String>) -> PhoneNumberError {
    PhoneNumberError::Invalid { field, why: why.into() }
}

/// At most so many characters, and none that no database keeps.
fn is_text(text: &str, characters_max: usize) -> bool {
    text.chars().count() <= characters_max && !text.contains('\0')
}

fn checked_name(name: String) -> Result<String, PhoneNumberError> {
    display_name(name).map_err(|why| invalid("display_name", why))
}

fn checked_labels(labels: BTreeMap<String, String>) -> Result<BTreeMap<String, String>, PhoneNumberError> {
    let is_label = |(key, value): (&String, &String)| {
        !key.is_empty() && is_text(key, NUMBER_LABEL_KEY_CHARACTERS_MAX) && is_text(value, NUMBER_LABEL_CHARACTERS_MAX)
    };
    if labels.len() <= LABELS_MAX && labels.iter().all(is_label) {
        return Ok(labels);
    }
    let why = format!(
        "a number has at most {LABELS_MAX} labels, with 1 to {NUMBER_LABEL_KEY_CHARACTERS_MAX} characters of a key and at most \
         {NUMBER_LABEL_CHARACTERS_MAX} of a value"
    );
    Err(invalid("labels", why))
}

fn checked_handlers(uris: Vec<String>) -> Result<Vec<String>, PhoneNumberError> {
    let field = "incoming_call_handler_uris";
    if uris.len() > HANDLERS_MAX {
        return Err(invalid(field, format!("a number has at most {HANDLERS_MAX} handlers")));
    }
    let is_known = |uri: &&String| {
        is_handler(uri) || is_of_telephones(uri) && Address::read(uri).is_ok() || Target::read(uri).is_some()
    };
    if let Some(unknown) = uris.iter().find(|uri| !is_known(uri)) {
        let begin: String = unknown.chars().take(URI_BYTES_MAX).collect();
        let why =
            format!("{begin:?} is no absolute address of http or https, no sip:user@host[:port] and no tel:+number");
        return Err(invalid(field, why));
    }
    Ok(uris)
}

impl PhoneNumber {
    fn with(self, change: PhoneNumberChange) -> Result<PhoneNumber, PhoneNumberError> {
        Ok(PhoneNumber {
            display_name: change.display_name.map_or(Ok(self.display_name), checked_name)?,
            labels: change.labels.map_or(Ok(self.labels), checked_labels)?,
            handler_uris: change.handler_uris.map_or(Ok(self.handler_uris), checked_handlers)?,
            recording: change.recording.unwrap_or(self.recording),
            ..self
        })
    }

    fn values(&self) -> Vec<Value> {
        vec![
            self.id.as_str().into(),
            self.project.as_str().into(),
            self.number.as_str().into(),
            self.display_name.as_str().into(),
            json!(self.labels).to_string().into(),
            json!(self.handler_uris).to_string().into(),
            self.recording.number().into(),
            self.create_us.into(),
            self.delete_us.into(),
        ]
    }

    /// As the contract names it.
    pub fn name(&self) -> String {
        format!("projects/{}/phoneNumberInstances/{}", self.project, self.id)
    }
}

/// How numbers begin that somebody looks for: `+61`, or the digits alone.
fn checked_prefix(prefix: &str) -> Result<&str, ListError> {
    let digits = prefix.strip_prefix('+').unwrap_or(prefix);
    let is_begin = digits.len() <= 15 && digits.bytes().all(|digit| digit.is_ascii_digit());
    is_begin.then_some(digits).ok_or(ListError::Prefix)
}

impl Calls {
    /// Gives a project a number that it may have by this plan.
    pub async fn create_phone_number(
        &self,
        project: &str,
        number: &str,
        plan: &NumberPlan,
        with: PhoneNumberChange,
        by: &By,
    ) -> Result<PhoneNumber, PhoneNumberError> {
        let number = normalised(number).ok_or_else(|| {
            let why = "a number is + and up to 15 digits, with its country: +61255501234";
            invalid("phone_number.phone_number", why)
        })?;
        let empty = PhoneNumber {
            id: new_id(),
            project: project.to_owned(),
            number,
            display_name: String::new(),
            labels: BTreeMap::new(),
            handler_uris: vec![],
            recording: Trigger::Disabled,
            create_us: by.now_us,
            delete_us: None,
        };
        let made = empty.with(with)?;
        if !plan.gives(&made.number, project) {
            return Err(made.not_given(project));
        }
        self.has_place_for_number(project).await?;
        let sql = format!("insert into phone_number ({COLUMNS}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)");
        let line = by.did(Action::PhoneNumberCreate, &made.name(), &made.number);
        let write = Statement::new(sql, made.values());
        self.write_one(write, line, PhoneNumberError::Taken).await?;
        Ok(made)
    }

    async fn has_place_for_number(&self, project: &str) -> Result<(), PhoneNumberError> {
        let count = "select count(*) from phone_number where project = $1 and delete_us is null";
        let count = self.db.read(count, vec![project.into()]).await?;
        if count.first().map_or(Ok(0), |row| row.int(0))? >= NUMBERS_MAX {
            return Err(PhoneNumberError::Full);
        }
        Ok(())
    }

    /// A number of a project, deleted ones too.
    pub async fn phone_number(&self, project: &str, id: &str) -> Result<Option<PhoneNumber>, db::Error> {
        let sql = format!("select {COLUMNS} from phone_number where id = $1 and project = $2");
        let params = [id, project].map(Value::key);
        let rows = self.db.read(&sql, params.into()).await?;
        rows.first().map(phone_number_of).transpose()
    }

    /// The number that is called, whosever it is: a trunk does not know projects.
    pub(crate) async fn number_called(&self, number: &str) -> Result<Option<PhoneNumber>, db::Error> {
        let sql = format!("select {COLUMNS} from phone_number where number = $1 and delete_us is null");
        let rows = self.db.read(&sql, vec![number.into()]).await?;
        rows.first().map(phone_number_of).transpose()
    }

    /// Numbers of a project that begin with this, the newest first.
    pub async fn list_phone_numbers(
        &self,
        project: &str,
        prefix: &str,
        shows_deleted: bool,
        list: List<'_>,
    ) -> Result<Page<PhoneNumber>, ListError> {
        let digits = checked_prefix(prefix)?;
        let begin = format!("substr(number, 1, {}) = $5", digits.len() + 1);
        let only = if shows_deleted { "" } else { " and delete_us is null" };
        let listed = Listed {
            table: "phone_number",
            columns: COLUMNS,
            parent: &format!("{project}/{digits}"),
            condition: &format!("project = $4 and {begin}{only}"),
            params: vec![Value::key(project), format!("+{digits}").into()],
            read: phone_number_of,
            place: |number| (number.create_us, &number.id),
        };
        self.page_of(list, listed).await
    }

    /// Changes a number. It holds for the next call.
    pub async fn update_phone_number(
        &self,
        number: &PhoneNumber,
        change: &PhoneNumberChange,
        by: &By,
    ) -> Result<PhoneNumber, PhoneNumberError> {
        let select = format!("select {COLUMNS} from phone_number where id = $1 and project = $2 and delete_us is null");
        let update = "update phone_number set display_name = $3, labels = $4, handler_uris = $5, recording_trigger = $6
            where id = $1 and project = $2 and delete_us is null
                and display_name = $7 and labels = $8 and handler_uris = $9 and recording_trigger = $10";
        let named = vec![number.id.as_str().into(), number.project.as_str().into()];
        let missing = PhoneNumberError::NotFound;
        let changed = self.changed(&select, named.clone(), missing, |row| {
            let changed = phone_number_of(row)?.with(change.clone())?;
            let new = vec![
                changed.display_name.as_str().into(),
                json!(changed.labels).to_string().into(),
                json!(changed.handler_uris).to_string().into(),
                changed.recording.number().into(),
            ];
            let read = vec![
                row.text(3)?.into(),
                row.text(4)?.into(),
                row.text(5)?.into(),
                row.int(6)?.into(),
            ];
            let line = by.did(Action::PhoneNumberUpdate, &changed.name(), "");
            Ok((
                changed,
                Statement::new(update, [named.clone(), new, read].concat()),
                line,
            ))
        });
        changed.await
    }

    /// Deletes a number, which is still shown to whoever asks for deleted ones. Nobody who calls it is answered any more, and somebody else
    /// may have it.
    pub async fn delete_phone_number(&self, number: PhoneNumber, by: &By) -> Result<PhoneNumber, PhoneNumberError> {
        let sql = "update phone_number set delete_us = $3 where id = $1 and project = $2 and delete_us is null";
        let params = vec![
            number.id.as_str().into(),
            number.project.as_str().into(),
            by.now_us.into(),
        ];
        let line = by.did(Action::PhoneNumberDelete, &number.name(), &number.number);
        let missing = PhoneNumberError::NotFound;
        self.write_one(Statement::new(sql, params), line, missing).await?;
        Ok(PhoneNumber {
            delete_us: Some(by.now_us),
            ..number
        })
    }

    /// Gives a number to another project that may have it, with all that is said of it. Its calls stay where they were made.
    pub async fn move_phone_number(
        &self,
        number: PhoneNumber,
        project: &str,
        plan: &NumberPlan,
        by: &By,
    ) -> Result<PhoneNumber, PhoneNumberError> {
        if number.project == project {
            return Err(PhoneNumberError::Here);
        }
        if number.delete_us.is_some() {
            return Err(PhoneNumberError::NotFound);
        }
        if !plan.gives(&number.number, project) {
            return Err(number.not_given(project));
        }
        self.has_place_for_number(project).await?;
        let sql = "update phone_number set project = $3 where id = $1 and project = $2 and delete_us is null";
        let params = vec![
            number.id.as_str().into(),
            number.project.as_str().into(),
            project.into(),
        ];
        let line = by.did(Action::PhoneNumberMove, &number.name(), &format!("projects/{project}"));
        let missing = PhoneNumberError::NotFound;
        self.write_one(Statement::new(sql, params), line, missing).await?;
        Ok(PhoneNumber {
            project: project.to_owned(),
            ..number
        })
    }
}

impl PhoneNumber {
    fn not_given(&self, project: &str) -> PhoneNumberError {
        PhoneNumberError::NotGiven {
            number: self.number.clone(),
            project: project.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_refused_names_its_field() {
        let check = |name: &str, change: PhoneNumberChange, expected: Option<&str>| {
            let empty = PhoneNumber {
                id: "n".to_owned(),
                project: "p".to_owned(),
                number: "+61255501234".to_owned(),
                display_name: String::new(),
                labels: BTreeMap::new(),
                handler_uris: vec![],
                recording: Trigger::Disabled,
                create_us: 0,
                delete_us: None,
            };
            let field = match empty.with(change) {
                Ok(_) => None,
                Err(PhoneNumberError::Invalid { field, .. }) => Some(field),
                Err(other) => panic!("{other}"),
            };
            assert_eq!(field, expected, "{name}");
        };
        let named = |characters: usize| PhoneNumberChange {
            display_name: Some("ü".repeat(characters)),
            ..PhoneNumberChange::default()
        };
        check("a name", named(100), None);
        check("a longer name", named(101), Some("display_name"));
        let labelled = |count: usize, key: usize, value: usize| PhoneNumberChange {
            labels: Some(
                (0..count)
                    .map(|number| (format!("{number:0key$}"), "v".repeat(value)))
                    .collect(),
            ),
            ..PhoneNumberChange::default()
        };
        check("fifty labels", labelled(50, 100, 1_000), None);
        check("more labels", labelled(51, 2, 1), Some("labels"));
        check("a longer key", labelled(1, 101, 1), Some("labels"));
        check("a longer value", labelled(1, 1, 1_001), Some("labels"));
        let handled = |uris: &[&str]| PhoneNumberChange {
            handler_uris: Some(uris.iter().map(|uri| (*uri).to_owned()).collect()),
            ..PhoneNumberChange::default()
        };
        let handlers = Some("incoming_call_handler_uris");
        let all = [
            "https://a.example/begin",
            "http://b.example",
            "sip:desk@c.example:5070",
            "sip:d.example",
            "tel:+4930",
        ];
        check("five handlers", handled(&all), None);
        check("six handlers", handled(&["https://a.example"; 6]), handlers);
        for wrong in [
            "",
            "/begin",
            "ftp://a.example",
            "tel:4930",
            "sip:a b@c.example",
            "+4930",
            "sips:a@b.example",
        ] {
            check(wrong, handled(&[wrong]), handlers);
        }
    }

    #[test]
    fn how_numbers_begin_that_are_looked_for() {
        for (prefix, expected) in [
            ("", Some("")),
            ("+", Some("")),
            ("+61", Some("61")),
            ("612", Some("612")),
            ("a", None),
            ("+6%", None),
        ] {
            assert_eq!(checked_prefix(prefix).ok(), expected, "{prefix}");
        }
        assert!(checked_prefix("+6125550123456789").is_err());
    }
}
