//! What a connection carries: datagrams with their lengths before them (RFC 4571), or messages of a relay (RFC 8656).
//!
//! Both begin with a small byte, so the first eight tell: where a message has its mark, a datagram cannot have it.

use crate::core::framing::{Framing, frame};

/// What it carries, as far as has come.
#[derive(Debug)]
pub enum Carriage {
    /// What has come says nothing yet.
    Unknown(Vec<u8>),
    /// Datagrams with their lengths before them.
    Datagrams(Framing),
    /// Messages of a relay.
    Relayed(turn::Framing),
}

/// What came makes no sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Senseless;

impl Default for Carriage {
    fn default() -> Carriage {
        Carriage::Unknown(vec![])
    }
}

impl Carriage {
    /// Takes the next bytes, and hands on what is whole.
    ///
    /// # Errors
    /// If they make no sense. Nothing that comes by this connection does any more.
    pub fn take(&mut self, bytes: &[u8], whole: impl FnMut(&[u8])) -> Result<(), Senseless> {
        let all;
        let mut bytes = bytes;
        if let Carriage::Unknown(begun) = self {
            begun.extend_from_slice(bytes);
            let Some(is_relayed) = turn::is_begun(begun) else {
                return Ok(());
            };
            all = std::mem::take(begun);
            bytes = &all;
            *self = if is_relayed {
                Carriage::Relayed(turn::Framing::default())
            } else {
                Carriage::Datagrams(Framing::default())
            };
        }
        match self {
            Carriage::Datagrams(framing) => framing.take(bytes, whole).map_err(|_| Senseless),
            Carriage::Relayed(framing) => framing.take(bytes, whole).map_err(|_| Senseless),
            Carriage::Unknown(_) => Ok(()),
        }
    }

    /// Writes what goes back in the same manner.
    pub fn write(&self, datagram: &[u8], into: &mut Vec<u8>) {
        match self {
            Carriage::Relayed(_) => {
                into.extend_from_slice(datagram);
                into.extend_from_slice(&[0; 3][..datagram.len().next_multiple_of(4) - datagram.len()]);
            }
            Carriage::Unknown(_) | Carriage::Datagrams(_) => frame(datagram, into),
        }
    }
}
