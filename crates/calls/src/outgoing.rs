//! Calls that programs make: checked, written down as queued, and handed to the conductor.

use std::{collections::BTreeMap, time::Duration};

use tokio::sync::mpsc::{Receiver, Sender, channel};

use crate::{
    Call, CallState, Calls, CreateMethod, Direction, RecordingConfig,
    address::{Address, is_caller, is_number, is_of_telephones},
    handlers::is_handler,
    limits::{HANDLERS_MAX, LABEL_BYTES_MAX, LABELS_MAX, ORDERS_MAX, RINGING_S, RINGING_S_MAX},
    meetings::Target,
    new_id,
};

/// A call that a program wants.
#[derive(Clone, Debug, Default)]
pub struct NewCall {
    /// Who is called: `+E164`, or `sip:user@host`.
    pub to: String,
    /// As whom: `+E164`, `sip:user@domain`, or what stands before the `@` of one.
    pub from: String,
    /// Whoever is called is not to know as whom.
    pub is_private: bool,
    /// What is written down of it.
    pub labels: BTreeMap<String, String>,
    /// Who is asked what to do when it is answered, the first first.
    pub handler_uris: Vec<String>,
    /// How many seconds it may ring; 0 is the usual.
    pub timeout_s: i32,
    /// Who hears of each of its states.
    pub state_update_uri: Option<String>,
    /// What is recorded of it.
    pub recording: Option<RecordingConfig>,
    /// Somebody who runs the meeting that it goes into calls them, and lets them in by that.
    pub is_invited: bool,
}

/// Why a call is not made.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// A value cannot be: which field, as the contract names it, and why.
    #[error("{field}: {why}")]
    Invalid {
        /// The field.
        field: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// Nobody conducts calls here.
    #[error("this server has no telephones: its configuration has no table [telephony]")]
    NoTelephones,
    /// More calls are wanted than begin.
    #[error("more calls are wanted than can begin; try again in some seconds")]
    TooMany,
    /// The database.
    #[error("calls cannot be reached")]
    Store(#[from] db::Error),
}

/// A call that is written down and is to begin.
#[derive(Debug)]
pub(crate) struct Order {
    pub(crate) call: Call,
    /// As whom: what stands before the `@`, or a number.
    pub(crate) caller: String,
    pub(crate) handler_uris: Vec<String>,
    pub(crate) timeout: Duration,
    pub(crate) recording: Option<RecordingConfig>,
    pub(crate) is_invited: bool,
}

fn invalid(field: &'static str, why: impl Into<String>) -> CreateError {
    CreateError::Invalid { field, why: why.into() }
}

impl NewCall {
    /// As whom somebody is called: what stands before the `@`, or a number.
    fn caller(&self, to: &Address) -> Result<String, CreateError> {
        let field = "call.from";
        let caller = match Address::read(&self.from) {
            Ok(Address::Number(number)) => number,
            Ok(Address::Sip(address)) => address.user.unwrap_or_default(),
            Err(_) => self.from.clone(),
        };
        if !is_caller(&caller) {
            let why = "it is no number such as +442071838750 and no address such as sip:user@domain";
            return Err(invalid(field, why));
        }
        if matches!(to, Address::Number(_)) && !is_number(&caller) {
            return Err(invalid(field, "a number is called as a number such as +442071838750"));
        }
        Ok(caller)
    }

    fn timeout(&self) -> Result<Duration, CreateError> {
        let seconds = match i64::from(self.timeout_s) {
            0 => RINGING_S,
            seconds => seconds,
        };
        let seconds = u64::try_from(seconds)
            .ok()
            .filter(|_| (1..=RINGING_S_MAX).contains(&seconds));
        let refused = || {
            invalid(
                "call.options.timeout_seconds",
                format!("it is 1 to {RINGING_S_MAX} seconds"),
            )
        };
        seconds.map(Duration::from_secs).ok_or_else(refused)
    }

    fn check_addresses(&self) -> Result<(), CreateError> {
        let handlers = "call.options.handler_uris";
        if self.handler_uris.is_empty() || self.handler_uris.len() > HANDLERS_MAX {
            return Err(invalid(handlers, format!("a call has 1 to {HANDLERS_MAX} handlers")));
        }
        let is_known = |uri: &&String| {
            is_handler(uri) || is_of_telephones(uri) && Address::read(uri).is_ok() || Target::read(uri).is_some()
        };
        if let Some(unknown) = self.handler_uris.iter().find(|uri| !is_known(uri)) {
            let why = format!("{unknown:?} is no absolute address of http, https, sip, tel or meet");
            return Err(invalid(handlers, why));
        }
        let recording = self.recording.as_ref();
        for (field, uri) in [
            ("call.options.state_update_uri", self.state_update_uri.as_ref()),
            (
                "call.options.recording.recording_ready_uri",
                recording.and_then(|recording| recording.ready_uri.as_ref()),
            ),
        ] {
            if uri.is_some_and(|uri| !is_handler(uri)) {
                return Err(invalid(field, "it is no absolute address of http or https"));
            }
        }
        Ok(())
    }

    /// The call that is wanted, now.
    fn order(self, project: &str, now_us: i64) -> Result<Order, CreateError> {
        let to = Address::read(&self.to).map_err(|error| invalid("call.to", error.to_string()))?;
        let (caller, timeout) = (self.caller(&to)?, self.timeout()?);
        let from = match (&to, Address::read(&self.from)) {
            // A number is one, however it is written.
            (Address::Number(_), _) | (_, Ok(Address::Number(_))) => caller.clone(),
            _ => self.from.clone(),
        };
        self.check_addresses()?;
        let bytes: usize = self.labels.iter().map(|(key, value)| key.len() + value.len()).sum();
        if self.labels.len() > LABELS_MAX || bytes > LABEL_BYTES_MAX {
            let why = format!("a call has at most {LABELS_MAX} labels, of {LABEL_BYTES_MAX} bytes together");
            return Err(invalid("call.labels", why));
        }
        let call = Call {
            id: new_id(),
            project: project.to_owned(),
            to: to.to_string(),
            from: Some(from),
            is_private: self.is_private,
            labels: self.labels,
            direction: Direction::Outgoing,
            state: CallState::Queued,
            create_method: CreateMethod::Api,
            error_code: None,
            error_message: None,
            final_status: None,
            cut_off: None,
            create_us: now_us,
            start_us: None,
            ring_us: None,
            answer_us: None,
            end_us: None,
            sip_call_id: None,
            originating_call: None,
            bridged: false,
            state_update_uri: self.state_update_uri,
            participant_session: None,
        };
        Ok(Order {
            call,
            caller,
            handler_uris: self.handler_uris,
            timeout,
            recording: self.recording,
            is_invited: self.is_invited,
        })
    }
}

/// Calls that are to begin, between whoever wants them and whoever conducts them.
#[derive(Debug, Default)]
pub(crate) struct Orders(std::sync::OnceLock<Sender<Order>>);

impl Calls {
    /// Makes a call: it is queued, durably, and begins at once.
    pub async fn create_call(&self, project: &str, wanted: NewCall, now_us: i64) -> Result<Call, CreateError> {
        let order = wanted.order(project, now_us)?;
        let orders = self.orders.0.get().ok_or(CreateError::NoTelephones)?;
        let place = orders.try_reserve().map_err(|_| CreateError::TooMany)?;
        self.write_call(&order.call, now_us).await?;
        let call = order.call.clone();
        place.send(order);
        Ok(call)
    }

    /// Whether somebody conducts calls here.
    pub(crate) fn has_conductor(&self) -> bool {
        self.orders.0.get().is_some()
    }

    /// What whoever conducts calls hears of calls that are wanted; `None` if somebody has it already.
    pub(crate) fn take_orders(&self) -> Option<Receiver<Order>> {
        let (sender, receiver) = channel(ORDERS_MAX);
        self.orders.0.set(sender).ok().map(|()| receiver)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted() -> NewCall {
        NewCall {
            to: "+442071838750".to_owned(),
            from: "+442071838751".to_owned(),
            handler_uris: vec!["https://app.example/begin".to_owned()],
            ..NewCall::default()
        }
    }

    #[test]
    fn which_calls_are_made() {
        let check = |name: &str, change: &dyn Fn(&mut NewCall), expected: Result<&str, &str>| {
            let mut call = wanted();
            change(&mut call);
            let order = call.order("p", 7);
            let said = match &order {
                Ok(order) => Ok(order.caller.as_str()),
                Err(CreateError::Invalid { field, .. }) => Err(*field),
                Err(other) => panic!("{other}"),
            };
            assert_eq!(said, expected, "{name}");
        };
        check("as it is", &|_| {}, Ok("+442071838751"));
        check("to nobody", &|call| call.to.clear(), Err("call.to"));
        check(
            "to a page",
            &|call| call.to = "https://a.example".to_owned(),
            Err("call.to"),
        );
        check("as nobody", &|call| call.from.clear(), Err("call.from"));
        check(
            "to a number as a name",
            &|call| call.from = "ada".to_owned(),
            Err("call.from"),
        );
        check(
            "as nobody whom they may know",
            &|call| call.is_private = true,
            Ok("+442071838751"),
        );
        let to_sip = |call: &mut NewCall| call.to = "sip:bo@b.example".to_owned();
        check("to an address as a number", &to_sip, Ok("+442071838751"));
        let as_address = |call: &mut NewCall| {
            to_sip(call);
            call.from = "sip:ada@demo.example".to_owned();
        };
        check("to an address as one", &as_address, Ok("ada"));
        let handlers = "call.options.handler_uris";
        check("nobody is asked", &|call| call.handler_uris.clear(), Err(handlers));
        check(
            "six are asked",
            &|call| call.handler_uris = vec!["https://a.example".to_owned(); 6],
            Err(handlers),
        );
        check(
            "a path is asked",
            &|call| call.handler_uris = vec!["/begin".to_owned()],
            Err(handlers),
        );
        check(
            "a telephone is asked",
            &|call| call.handler_uris = vec!["tel:+4420".to_owned()],
            Ok("+442071838751"),
        );
        check(
            "a wrong one is asked",
            &|call| call.handler_uris = vec!["sip:a b".to_owned()],
            Err(handlers),
        );
        let timeout = "call.options.timeout_seconds";
        check(
            "it rings for ten minutes",
            &|call| call.timeout_s = 600,
            Ok("+442071838751"),
        );
        check("it rings longer", &|call| call.timeout_s = 601, Err(timeout));
        let told = |call: &mut NewCall| call.state_update_uri = Some("/state".to_owned());
        check("a path is told", &told, Err("call.options.state_update_uri"));
        check("it rings shorter", &|call| call.timeout_s = -1, Err(timeout));
        let labels = |count: usize| (0..count).map(|key| (key.to_string(), "v".to_owned())).collect();
        check("fifty labels", &|call| call.labels = labels(50), Ok("+442071838751"));
        check("more labels", &|call| call.labels = labels(51), Err("call.labels"));
    }

    #[test]
    fn a_number_is_written_down_as_one() {
        let check = |to: &str, from: &str, expected: &str| {
            let (to, from) = (to.to_owned(), from.to_owned());
            let order = NewCall { to, from, ..wanted() }.order("p", 7).expect("a call");
            assert_eq!(order.call.from.as_deref(), Some(expected));
        };
        check("+442071838750", "tel:+442071838751", "+442071838751");
        check("tel:+442071838750", "sip:+442071838751@demo.example", "+442071838751");
        check("sip:bo@b.example", "TEL:+442071838751", "+442071838751");
        check("sip:bo@b.example", "sip:ada@demo.example", "sip:ada@demo.example");
    }

    #[test]
    fn it_rings_for_half_a_minute_unless_somebody_says_otherwise() {
        let order = wanted().order("p", 7).expect("a call");
        assert_eq!((order.timeout, order.call.create_us), (Duration::from_secs(30), 7));
        assert_eq!((order.call.state, order.call.start_us), (CallState::Queued, None));
    }
}
