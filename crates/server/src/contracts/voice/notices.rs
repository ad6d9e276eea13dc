//! What programs are told of calls and recordings at addresses that they named, as the contract has it: each state of a call, and
//! that a recording is over.
//!
//! A state is told as it was when the call came to it, however late that is; a recording as it is now, with links that are good for an
//! hour from now. One that was deleted meanwhile is told to nobody.

use std::error::Error;
use std::sync::Arc;

use ::calls::{Call, Calls, Cookies};
use bytes::Bytes;
use futures_util::future::BoxFuture;
use identity::Identity;
use outbox::{Notice, Topic};

use super::calls::call_to_wire;
use super::recordings::recording_to_wire;
use super::saying::{Said, Saying};
use super::wire::json_of;
use crate::delivering::Notifier;
use crate::installation::Installation;

/// How this contract tells those whom calls and recordings name.
pub(crate) fn notifier(installation: &Installation) -> Arc<dyn Notifier> {
    Arc::new(Notices {
        identity: installation.identity.clone(),
        calls: installation.calls.clone(),
        saying: Saying::new(installation.identity.clone(), installation.receivers.clone()),
    })
}

struct Notices {
    identity: Identity,
    calls: Calls,
    saying: Saying,
}

type Untold = Box<dyn Error + Send + Sync>;

impl Notices {
    /// What is said, and as which event; `None` if there is nothing to be said of it any more.
    async fn said(&self, notice: &Notice) -> Result<Option<(&'static str, Bytes)>, Untold> {
        if notice.topic == Topic::CallStates {
            let call =
                Call::told_by(notice).ok_or("another version of the server wrote down a call that cannot be read")?;
            let body = json_of("Call", &call_to_wire(&call));
            return Ok(Some(("CALL_STATE_UPDATE", body.to_string().into())));
        }
        let recording = self.calls.recording_told_by(notice).await?;
        Ok(recording.map(|recording| {
            let body = json_of("Recording", &recording_to_wire(&self.identity, &recording, true));
            ("RECORDING_READY", body.to_string().into())
        }))
    }

    async fn tell(&self, notice: &Notice) -> Result<(), Untold> {
        let Some((event, body)) = self.said(notice).await? else {
            return Ok(());
        };
        let said = Said {
            project: &notice.sender,
            event,
            uri: &notice.address,
            body,
        };
        // What one notice is answered with is no session of the next.
        self.saying.post(&said, &mut Cookies::default(), 0).await?;
        Ok(())
    }
}

impl Notifier for Notices {
    fn topics(&self) -> &'static [Topic] {
        &[Topic::CallStates, Topic::Recordings]
    }

    fn tell<'a>(&'a self, notice: &'a Notice) -> BoxFuture<'a, Result<(), Untold>> {
        Box::pin(self.tell(notice))
    }
}
