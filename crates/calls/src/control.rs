//! What programs and people ask of the recording of a call that goes on.
//!
//! A call is its task's, and nobody else writes it; so a wish is sent there, and whoever has it waits for the answer. Calls that nobody
//! conducts here have no recording that could be controlled.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
};

use audit::By;
use recording::Pause;
use tokio::sync::{
    mpsc::{Receiver, Sender, channel},
    oneshot,
};

use crate::{Calls, handlers::is_handler, limits::WISHES_MAX};

/// What is wanted of the recording of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// The whole call is recorded from now on.
    Start {
        /// Silence is cut off at both ends.
        trims_silence: bool,
        /// Who is told of its end.
        ready_uri: Option<String>,
    },
    /// It is over.
    Stop,
    /// It is paused.
    Pause(Pause),
    /// It goes on.
    Resume,
}

/// Why something that is wanted is not done.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// There is no such call.
    #[error("there is no such call")]
    NotFound,
    /// Nobody could be told.
    #[error("it is no absolute address of http or https")]
    ReadyUri,
    /// It is over, or was conducted by a server that died.
    #[error("the call does not go on")]
    Over,
    /// Recordings are its parent's.
    #[error("the call was made out of projects/{project}/calls/{call}, with which it is recorded")]
    Child {
        /// Of which project.
        project: String,
        /// Out of which it was made.
        call: String,
    },
    /// There is nothing to be heard.
    #[error("the call has not been answered yet")]
    Unanswered,
    /// There cannot be two.
    #[error("the call is being recorded already")]
    Recorded,
    /// There is none.
    #[error("no recording of the call is under way")]
    Unrecorded,
    /// It cannot be paused twice.
    #[error("the recording is paused already")]
    Paused,
    /// It goes on.
    #[error("the recording is not paused")]
    Unpaused,
    /// Whoever is recorded cannot be told before.
    #[error("what is to be announced before a recording cannot be heard, so nothing is recorded")]
    Unannounced,
    /// More is wanted than can be done.
    #[error("more is wanted of the call than it keeps up with")]
    TooMany,
    /// The disk.
    #[error("the recording cannot be begun")]
    Take,
    /// The database.
    #[error("calls cannot be reached")]
    Store(#[from] db::Error),
}

/// A wish, by whom, and who waits for what comes of it.
#[derive(Debug)]
pub(crate) struct Wanted {
    pub(crate) wish: Wish,
    pub(crate) by: By,
    pub(crate) answer: Answer,
}

/// Whoever waits for what comes of a wish.
pub(crate) type Answer = oneshot::Sender<Result<(), ControlError>>;

/// The calls that go on, and where their wishes go; clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct GoingOn(Arc<Mutex<HashMap<String, Sender<Wanted>>>>);

/// What is wanted of one call, as long as it goes on.
#[derive(Debug)]
pub(crate) struct Wishes {
    going_on: GoingOn,
    call: String,
    wanted: Receiver<Wanted>,
}

impl GoingOn {
    fn calls(&self) -> MutexGuard<'_, HashMap<String, Sender<Wanted>>> {
        self.0.lock().expect("whoever holds it does not panic")
    }

    /// This call goes on until what is answered is gone.
    pub(crate) fn enter(&self, call: &str) -> Wishes {
        let (sender, wanted) = channel(WISHES_MAX);
        self.calls().insert(call.to_owned(), sender);
        Wishes {
            going_on: self.clone(),
            call: call.to_owned(),
            wanted,
        }
    }
}

impl Wishes {
    /// The next.
    pub(crate) async fn next(&mut self) -> Option<Wanted> {
        self.wanted.recv().await
    }
}

impl Drop for Wishes {
    fn drop(&mut self) {
        self.going_on.calls().remove(&self.call);
    }
}

impl Calls {
    /// Does this with the recording of a call, and waits until it is so.
    pub async fn control_recording(&self, project: &str, call: &str, wish: Wish, by: By) -> Result<(), ControlError> {
        let found = self.call(project, call).await?.ok_or(ControlError::NotFound)?;
        if let Wish::Start {
            ready_uri: Some(uri), ..
        } = &wish
            && !is_handler(uri)
        {
            return Err(ControlError::ReadyUri);
        }
        if found.end_us.is_some() {
            return Err(ControlError::Over);
        }
        if let Some(call) = found.originating_call {
            let project = project.to_owned();
            return Err(ControlError::Child { project, call });
        }
        let going_on = self.going_on.calls().get(call).cloned();
        let task = going_on.ok_or(ControlError::Over)?;
        let (answer, answered) = oneshot::channel();
        let wanted = Wanted { wish, by, answer };
        task.try_send(wanted).map_err(|_| ControlError::TooMany)?;
        // A call that ends meanwhile answers nobody.
        answered.await.unwrap_or(Err(ControlError::Over))
    }
}
