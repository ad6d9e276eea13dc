//! What strangers send that the stack would answer by itself: a CANCEL of nothing. They are not answered.

use std::sync::{Arc, OnceLock, Weak};

use rsipstack::{
    sip::{Method, SipMessage},
    transaction::{
        endpoint::{EndpointInner, EndpointInnerRef, TransportEventInspector},
        key::{TransactionKey, TransactionRole},
    },
    transport::TransportEvent,
};

/// What looks at messages before the stack does.
#[derive(Clone, Default)]
pub(super) struct Doorkeeper(Arc<OnceLock<Weak<EndpointInner>>>);

impl Doorkeeper {
    /// From now on it knows which requests are being answered.
    pub(super) fn serve(&self, endpoint: &EndpointInnerRef) {
        let _ = self.0.set(Arc::downgrade(endpoint));
    }

    /// Whether a message takes back a request that nobody made.
    fn is_vain(&self, message: &SipMessage) -> bool {
        let SipMessage::Request(request) = message else {
            return false;
        };
        let Some(endpoint) = self.0.get().and_then(Weak::upgrade) else {
            return false;
        };
        request.method == Method::Cancel
            && TransactionKey::from_request(request, TransactionRole::Server).is_ok_and(|key| {
                endpoint.transactions.get(&key).is_none() && endpoint.finished_transactions.get(&key).is_none()
            })
    }
}

#[async_trait::async_trait]
impl TransportEventInspector for Doorkeeper {
    async fn handle(&self, event: TransportEvent) -> Option<TransportEvent> {
        match &event {
            TransportEvent::Incoming(message, ..) if self.is_vain(message) => None,
            _ => Some(event),
        }
    }
}
