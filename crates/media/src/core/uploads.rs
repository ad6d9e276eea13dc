//! What a session's client has uploaded, and when the control plane is told of it.
//!
//! A client may upload as often as it may send messages; uploads are put together here, and the whole is told once in
//! [`limits::REPORT_INTERVAL`]. A control plane that is behind is told later, and then of everything: no queue grows.

use quality::report::{Report, Upload};

use crate::{core::Time, limits};

/// The uploads of one session.
#[derive(Debug, Default)]
pub(crate) struct Uploads {
    report: Report,
    /// Some of it was not told yet.
    is_new: bool,
    told: Option<Time>,
}

impl Uploads {
    /// Adds an upload. An empty one, by which a client tries its connection, is no news.
    pub(crate) fn take(&mut self, upload: Upload) {
        if upload != Upload::default() {
            self.report.take(upload);
            self.is_new = true;
        }
    }

    /// The report, if it is time to tell it.
    pub(crate) fn due(&self, now: Time) -> Option<&Report> {
        let is_time = self.told.is_none_or(|told| now >= told + limits::REPORT_INTERVAL);
        (self.is_new && is_time).then_some(&self.report)
    }

    /// The report as the session goes, if anything of it was not told yet; it is told by this.
    pub(crate) fn last(&mut self) -> Option<&Report> {
        std::mem::take(&mut self.is_new).then_some(&self.report)
    }

    /// It was told.
    pub(crate) fn told(&mut self, now: Time) {
        self.is_new = false;
        self.told = Some(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quality::report::Client;

    #[test]
    fn all_that_is_new_is_told_in_its_time_and_once() {
        let cores = |cores| Upload {
            client: Some(Client {
                cores: Some(cores),
                ..Client::default()
            }),
            ..Upload::default()
        };
        let interval = limits::REPORT_INTERVAL;
        let soon = interval / 2;
        let mut uploads = Uploads::default();
        let said = |report: Option<&Report>| report.map(|report| report.client.cores);
        uploads.take(Upload::default());
        assert_eq!(said(uploads.due(soon)), None, "nothing was said");
        uploads.take(cores(2));
        assert_eq!(said(uploads.due(soon)), Some(Some(2)));
        assert_eq!(said(uploads.due(soon)), Some(Some(2)), "it could not be told");
        uploads.told(soon);
        assert_eq!(said(uploads.due(soon + interval)), None, "it was told");
        uploads.take(cores(3));
        uploads.take(cores(4));
        assert_eq!(said(uploads.due(interval)), None, "too early");
        assert_eq!(said(uploads.due(soon + interval)), Some(Some(4)));
        assert_eq!(said(uploads.last()), Some(Some(4)), "and at any time if it goes");
        assert_eq!(said(uploads.last()), None, "once");
    }
}
