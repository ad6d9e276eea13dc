//! How an offer becomes a peer connection and its answer.
//!
//! The rules of offers are held against the whole of it ([`Plan`]); the stack is shown as much as it has to see (`alike`), and of what it
//! answers some is said in another way (`answer`). Whatever is in an offer was written by a stranger: a stack that panics over it has
//! refused it.

use std::{panic::catch_unwind, sync::Arc, time::Instant};

use str0m::{Rtc, RtcConfig, change::SdpOffer};

use crate::{
    core::offer::{OfferError, Plan},
    endpoint::Endpoint,
    limits,
    peer::{
        Peer,
        alike::Abridged,
        answer::{in_offered_order, with_end_of_candidates},
        arriving::Arriving,
        authentic,
        channels::Channels,
        described,
        estimate::Estimation,
        once::Once,
        redundancy::Redundancy,
        sending::{self, copied, receiving},
        ways::{Ways, candidate},
    },
};

/// What is found out about a peer while it is there.
#[derive(Clone, Copy)]
pub(crate) struct Watch {
    /// How its streams fare.
    pub(crate) is_measured: bool,
    /// What its network carries, if it says what arrives.
    pub(crate) is_estimated: bool,
}

impl Peer {
    /// Answers an offer with all candidates.
    pub(crate) fn answer(
        offer_text: &str,
        candidates: &[Endpoint],
        watch: Watch,
        now: Instant,
    ) -> Result<(Peer, String), OfferError> {
        let plan = Plan::parse(offer_text)?;
        let abridged = Abridged::of(offer_text, &plan);
        let watch = Watch {
            is_estimated: watch.is_estimated && plan.tells_arrivals,
            ..watch
        };
        let malformed = |error: &dyn std::fmt::Display| OfferError::Malformed(error.to_string());
        catch_unwind(|| {
            let offered = described::where_needed(&abridged.offer);
            let offer = SdpOffer::from_sdp_string(&offered).map_err(|error| malformed(&error))?;
            let mut rtc = configuration(watch).build(now);
            for end in candidates {
                rtc.add_local_candidate(candidate(*end).map_err(|error| malformed(&error))?);
            }
            let answer = rtc.sdp_api().accept_offer(offer).map_err(|error| malformed(&error))?;
            let peer = Peer::planned(rtc, &plan, &abridged, candidates, watch, now)
                .ok_or_else(|| malformed(&"a receiving section was not accepted"))?;
            let answer = in_offered_order(&answer.to_sdp_string(), &abridged.offer);
            let copied: Vec<_> = copied(&peer.audio).chain(copied(&peer.video)).collect();
            let answer = abridged.completed(with_end_of_candidates(&answer), &copied);
            Ok((peer, answer))
        })
        .unwrap_or_else(|_| Err(malformed(&"it cannot be understood")))
    }

    /// Answers the offer of a check of the network.
    pub(crate) fn answer_check(
        offer: &str,
        candidates: &[Endpoint],
        now: Instant,
    ) -> Result<(Peer, String), OfferError> {
        Plan::parse_check(offer)?;
        let watch = Watch {
            is_measured: false,
            is_estimated: false,
        };
        let (mut peer, answer) = Peer::answer(offer, candidates, watch, now)?;
        peer.channels = Channels::OfCheck(None);
        Ok((peer, answer))
    }

    fn planned(
        mut rtc: Rtc,
        plan: &Plan,
        offer: &Abridged<'_>,
        candidates: &[Endpoint],
        watch: Watch,
        now: Instant,
    ) -> Option<Peer> {
        let (audio, video) = receiving(&mut rtc, plan, offer)?;
        let lean = sending::lean(&rtc, (&audio, &video), watch.is_estimated, now);
        let redundancy = Redundancy::negotiated(&rtc, plan.takes_redundancy, now);
        let ufrag = rtc.direct_api().local_ice_credentials().ufrag;
        Some(Peer {
            rtc,
            ufrag,
            ways: Ways::announced(candidates),
            arriving: Arriving::planned(plan),
            audio,
            video,
            redundancy,
            channels: Channels::OfSession([None; _]),
            is_measured: watch.is_measured,
            estimation: watch.is_estimated.then(Estimation::default),
            lean,
            reports: Once::default(),
            is_stirred: true,
            is_second_over: false,
            deadline: now,
            clock: now,
        })
    }
}

fn configuration(watch: Watch) -> RtcConfig {
    let is_sampled = watch.is_measured || watch.is_estimated;
    Rtc::builder()
        .set_crypto_provider(Arc::clone(&authentic::WATCHED))
        .set_ice_lite(true)
        .set_rtp_mode(true)
        .set_sctp_max_message_size(limits::MESSAGE_BYTES)
        .set_extension(described::NUMBER, described::extension())
        .set_stats_interval(is_sampled.then_some(limits::SAMPLE_INTERVAL))
        .clear_codecs()
        .enable_opus(true, true)
        .enable_vp8(true)
        .enable_vp9(true)
        .enable_h264(true)
        .enable_av1(true)
}
