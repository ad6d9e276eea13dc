//! A call that is connected to a program.

use std::sync::Arc;

use telephony::{LegId, line::Exchange};
use tokio::sync::mpsc::Sender;

use super::switchboard::{Happening, Told};
use crate::streams::Conversation;

/// It is, until this is dropped.
pub(super) struct Streamed {
    exchange: Exchange,
    leg: LegId,
    conversation: Arc<Conversation>,
}

impl Streamed {
    /// Connects a leg with a program; the task hears that it is so, and when the program is gone.
    pub(super) fn begin(
        exchange: Exchange,
        leg: LegId,
        conversation: Arc<Conversation>,
        task: Sender<Told>,
    ) -> Streamed {
        exchange.converse(leg, Some(Arc::clone(&conversation) as _));
        let ended = Arc::clone(&conversation);
        tokio::spawn(async move {
            // Whoever waits for the one hears of it before the other. A call that is over does not want to know.
            let _ = task.send((leg, Happening::Streamed)).await;
            ended.over().await;
            let parameters = ended.take_parameters();
            let _ = task.send((leg, Happening::StreamEnded(parameters))).await;
        });
        Streamed {
            exchange,
            leg,
            conversation,
        }
    }
}

impl Drop for Streamed {
    fn drop(&mut self) {
        self.conversation.end(Ok(()));
        self.exchange.converse(self.leg, None);
    }
}
