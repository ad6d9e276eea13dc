//! Real telephones call and are called, a handler says what happens, and what was said is kept: read by REST, fetched by its link, and
//! the same after a `kill -9`.

mod agreeing;
mod announcing;
mod clock;
mod conversation;
mod doors;
mod incoming;
mod keeping;
mod meetings;
mod numbers;
mod opus;
mod outgoing;
mod peers;
mod places;
mod quality;
mod recorded;
mod signalling;
#[path = "../../../crates/telephony/tests/agent/sipp.rs"]
mod sipp;
mod speech;
mod stream;
#[expect(dead_code, reason = "the tests of the agent do more with it")]
#[path = "../../../crates/telephony/tests/agent/telephone.rs"]
mod telephone;
mod world;
