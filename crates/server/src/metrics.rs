//! What the server counts, and `/metrics`.
//!
//! No global registry: the [`Metrics`] value is made once and handed to whoever counts, so two servers in one test process do not
//! mix. Labels have few values by construction: methods come from the routes and statuses from the enumeration.

use std::sync::Arc;
use std::time::Duration;

use media::{CounterKind, Reading};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;
use share::Reports;

/// The labels of a request.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Request {
    method: Arc<str>,
    status: &'static str,
}

/// The labels of what ends in one of a few ways.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    outcome: &'static str,
}

/// The server's counters.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<Request, Counter>,
    request_seconds: Histogram,
    joins: Family<Outcome, Counter>,
    sessions_ended: Counter,
    write_seconds: Histogram,
    conferences_live: Gauge,
    sessions_live: Gauge,
    measurements_given_up: Counter,
    requests_open: Gauge,
    notifications: Notifications,
}

/// What becomes of telling subscribers.
#[derive(Debug)]
struct Notifications {
    told: Family<Outcome, Counter>,
    waiting: Gauge,
    oldest_seconds: Gauge,
}

impl Notifications {
    fn registered(registry: &mut Registry) -> Notifications {
        let told = Family::default();
        registry.register(
            "notifications",
            "What subscribers were told, or not: told, failed (and tried again), dropped",
            told.clone(),
        );
        let waiting = Gauge::default();
        registry.register(
            "notifications_waiting",
            "What subscribers are still to be told",
            waiting.clone(),
        );
        let oldest_seconds = Gauge::default();
        registry.register(
            "notifications_oldest_seconds",
            "For how long the oldest of it waits",
            oldest_seconds.clone(),
        );
        Notifications {
            told,
            waiting,
            oldest_seconds,
        }
    }
}

impl Metrics {
    /// Zeroes, and beside them the media plane's own counters and how often limits were reached.
    pub(crate) fn new(media: media::Media, reports: Reports) -> Arc<Metrics> {
        let mut registry = Registry::with_prefix("sederunt");
        let requests = Family::default();
        registry.register(
            "requests",
            "Requests of the API by method and status, gRPC and REST",
            requests.clone(),
        );
        let request_seconds = Histogram::new(exponential_buckets(0.000_1, 2.0, 16));
        registry.register("request_seconds", "How long requests took", request_seconds.clone());
        let joins = Family::default();
        registry.register("joins", "Joins and resumes by outcome", joins.clone());
        let sessions_ended = Counter::default();
        registry.register(
            "sessions_ended",
            "Participant sessions that ended",
            sessions_ended.clone(),
        );
        let write_seconds = Histogram::new(exponential_buckets(0.000_1, 2.0, 16));
        registry.register(
            "write_seconds",
            "How long durable writes of facts took",
            write_seconds.clone(),
        );
        let conferences_live = Gauge::default();
        registry.register("conferences_live", "Conferences that run now", conferences_live.clone());
        let sessions_live = Gauge::default();
        registry.register(
            "sessions_live",
            "Participant sessions that run now",
            sessions_live.clone(),
        );
        let measurements_given_up = Counter::default();
        registry.register(
            "measurements_given_up",
            "Pieces of series, and sessions, whose quality could not be written",
            measurements_given_up.clone(),
        );
        let requests_open = Gauge::default();
        registry.register("requests_open", "Requests being handled now", requests_open.clone());
        let notifications = Notifications::registered(&mut registry);
        registry.register_collector(Box::new(MediaCollector(media)));
        registry.register_collector(Box::new(LimitCollector(reports)));
        Arc::new(Metrics {
            registry,
            requests,
            request_seconds,
            joins,
            sessions_ended,
            write_seconds,
            conferences_live,
            sessions_live,
            measurements_given_up,
            requests_open,
            notifications,
        })
    }

    /// A request begins; it is open until the guard is dropped.
    pub(crate) fn request_opened(&self) -> OpenRequest<'_> {
        self.requests_open.inc();
        OpenRequest(self)
    }

    /// A request was answered.
    pub(crate) fn request_answered(&self, method: &Arc<str>, status: &'static str, took: Duration) {
        self.requests
            .get_or_create(&Request {
                method: Arc::clone(method),
                status,
            })
            .inc();
        self.request_seconds.observe(took.as_secs_f64());
    }

    /// A join was decided.
    pub(crate) fn joined(&self, outcome: &'static str) {
        self.joins.get_or_create(&Outcome { outcome }).inc();
    }

    /// A subscriber was told something, or was not.
    pub(crate) fn notified(&self, outcome: &'static str) {
        self.notifications.told.get_or_create(&Outcome { outcome }).inc();
    }

    /// So much is still to be told, the oldest of it for so long.
    pub(crate) fn notifications_wait(&self, waiting: i64, oldest: Duration) {
        self.notifications.waiting.set(waiting);
        self.notifications
            .oldest_seconds
            .set(i64::try_from(oldest.as_secs()).unwrap_or(i64::MAX));
    }

    /// The page of `/metrics`, in the `OpenMetrics` text format.
    pub(crate) fn page(&self) -> String {
        let mut page = String::new();
        prometheus_client::encoding::text::encode(&mut page, &self.registry).expect("text grows without failing");
        page
    }
}

/// What rooms report.
impl rooms::Observer for Metrics {
    fn written(&self, took: Duration) {
        self.write_seconds.observe(took.as_secs_f64());
    }

    fn sessions_ended(&self, count: u64) {
        self.sessions_ended.inc_by(count);
    }

    fn live_changed(&self, conferences: i64, sessions: i64) {
        self.conferences_live.inc_by(conferences);
        self.sessions_live.inc_by(sessions);
    }

    fn given_up(&self, count: u64) {
        self.measurements_given_up.inc_by(count);
    }
}

/// A request that is being handled, also when its client goes away.
pub(crate) struct OpenRequest<'a>(&'a Metrics);

impl Drop for OpenRequest<'_> {
    fn drop(&mut self) {
        self.0.requests_open.dec();
    }
}

/// The media plane counts by itself, with atomics on its own thread; the page reads them when it is asked for.
#[derive(Debug)]
struct MediaCollector(media::Media);

impl Collector for MediaCollector {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), std::fmt::Error> {
        for Reading {
            name,
            help,
            kind,
            value,
        } in self.0.counters().table()
        {
            let name = format!("media_{name}");
            match kind {
                CounterKind::Gauge => {
                    let gauge = ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX));
                    gauge.encode(encoder.encode_descriptor(&name, help, None, MetricType::Gauge)?)?;
                }
                CounterKind::Counter => {
                    let counter = ConstCounter::new(value);
                    counter.encode(encoder.encode_descriptor(&name, help, None, MetricType::Counter)?)?;
                }
            }
        }
        Ok(())
    }
}

/// Limits count by themselves too, where they are.
#[derive(Debug)]
struct LimitCollector(Reports);

impl Collector for LimitCollector {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), std::fmt::Error> {
        let help = "How often a limit was reached, and somebody got nothing or less";
        let mut family = encoder.encode_descriptor("limits_reached", help, None, MetricType::Counter)?;
        for (limit, times) in self.0.read() {
            ConstCounter::new(times).encode(family.encode_family(&[("limit", limit)])?)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_that_are_reached_are_on_the_page() {
        let reports = Reports::default();
        let mut registry = Registry::with_prefix("sederunt");
        registry.register_collector(Box::new(LimitCollector(reports.clone())));
        reports.limit("knocks");
        let joins = reports.limit("joins");
        joins.reached(&"somebody");
        joins.reached(&"somebody");
        let mut page = String::new();
        prometheus_client::encoding::text::encode(&mut page, &registry).expect("text grows without failing");
        for line in [
            "sederunt_limits_reached_total{limit=\"knocks\"} 0",
            "sederunt_limits_reached_total{limit=\"joins\"} 2",
        ] {
            assert!(page.lines().any(|shown| shown == line), "{line} is not in\n{page}");
        }
    }
}
